"""The ways to reach a customer, one module each, all of one shape."""
