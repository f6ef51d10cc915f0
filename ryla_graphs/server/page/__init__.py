"""The page at ``/``: a form for every preset, its progress, its graph and its pictures, in plain files of `static`.

Nothing is built and nothing is fetched from elsewhere. `static/vendor/manifest.json` says what is not ours: where it
comes from, under which licence, and its hash.
"""
