"""What changes the world: the trash, its journal, undo. Never writes into a photo."""
