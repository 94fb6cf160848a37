"""What stands in for a paid or absent service, in tests and measurements."""
