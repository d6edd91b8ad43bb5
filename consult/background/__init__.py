"""Long work in the background: a row says how far it is; done in steps, taken up again after a restart."""
