"""Which part is plugged in where: settings, addresses, wiring, console command."""
