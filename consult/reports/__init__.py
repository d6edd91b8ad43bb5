"""The figures of attendance as pages, charts and sheets."""
