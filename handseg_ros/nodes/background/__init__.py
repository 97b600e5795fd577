"""The background of models that compare with one: taken on request, kept in a file."""
