"""From a confirmed hit to an exhibit, from an exhibit to a package that a court can check by itself.

`capture` keeps a page, `vault` its bytes, `custody` who touched them, `stage` runs the job, `package` builds the ZIP,
`verify` checks one offline.
"""
