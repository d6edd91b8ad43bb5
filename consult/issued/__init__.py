"""Reports that were issued: frozen as they were handed in, with what has changed since."""
