"""What a person orders and the worker prepares: simulations, statements as PDF."""
