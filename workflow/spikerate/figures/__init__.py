"""The figures: each takes datasets and returns a drawing; nothing here simulates or reads files."""
