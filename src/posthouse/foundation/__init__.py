"""Clock, ids, paging, problem details, jobs: no feature words, no tables."""
