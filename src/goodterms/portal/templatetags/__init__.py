"""What stands in the portal's templates."""
