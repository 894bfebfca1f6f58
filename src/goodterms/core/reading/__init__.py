"""Reading what a customer wrote: what it may mean, with the sentence it stands in. A suggestion, never a deed."""
