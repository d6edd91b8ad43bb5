"""A whole meeting held by made-up members over real connections, and its report set against the script."""
