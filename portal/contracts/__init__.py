"""The contract's walk at the door: pages for staff and vendors, and the JSON API of each step.

`routes.routers()` for the application, `work.contract_parts(service)` for the worker."""
