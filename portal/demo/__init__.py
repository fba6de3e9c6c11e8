"""The fictional city 遠州市: people, vendors, awards, invoices, and the two stories walked."""
