"""The page at ``/``: a form for every preset, with progress, graph and pictures, as plain files in `static`.

There is no build step, and the page loads nothing from other hosts. `static/vendor/manifest.json` lists third-party
files with their origin, licence and hash.
"""
