"""Reports: sums that reconcile with each other, and the measures made of them."""
