"""The labeling page: a local page on which a person labels one file, a labeling set at a time.

`label_fields` and `labeling` are the pure model, `locked_file` saves, `session` joins them, `application`
responds to the browser's requests, `server` starts and ends.
"""
