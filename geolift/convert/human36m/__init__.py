"""Human3.6M in the forms it is passed on in."""
