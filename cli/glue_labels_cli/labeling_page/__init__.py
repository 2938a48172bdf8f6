"""The labeling page: a local web page to label one file, a labeling set at a time.

- `label_fields`: where the labels are in the file's bytes (pure)
- `labeling`: the labels as the user changes them, with undo and redo (pure)
- `differences`: which characters of a value differ from the other rows (pure)
- `label_checks`: the checks of a file before it is labeled, and of one labeling set
- `locked_file`: locks the file and saves it
- `session`: joins these for one open page
- `application`: the HTTP requests of the page and their responses
- `server`: the HTTP server
"""
