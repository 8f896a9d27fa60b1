"""`/compat/delighted/v1/`: the calls of the discontinued Delighted service, for its own clients.

One key opens one campaign. `views.py` lets in, `routes.py` says who answers what, `reading.py` understands what came,
`shapes.py` says how things look outside.
"""
