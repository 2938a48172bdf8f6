"""The labeling page: a local web page to label one file, a labeling set at a time.

`label_fields`, `labeling` and `differences` are the pure model. `locked_file` locks and saves the file.
`session` checks it and joins them, `application` responds to HTTP requests, `server` serves them.
"""
