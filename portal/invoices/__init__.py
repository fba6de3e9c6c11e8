"""The invoice's pages and API: vendor side, staff side, JSON."""
