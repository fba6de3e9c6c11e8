"""What the service has done, in figures: indicators with their formulas, and simulations."""
