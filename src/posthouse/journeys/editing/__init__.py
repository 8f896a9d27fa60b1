"""A definition between its shapes: the body of a revision, the fields of the editor's form, the text in YAML."""
