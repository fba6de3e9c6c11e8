"""What leaves for other systems: payment orders in the city's own layout, journals for the
accounting packages of 公営企業 and third-sector bodies."""
