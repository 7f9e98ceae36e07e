"""The command `ambo`: what a user types in a terminal. Nothing else of ambo imports this layer, typer or rich."""
