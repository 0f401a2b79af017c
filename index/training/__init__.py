"""Makes the embedder that ships in `index/models/`; `make train-embedder`. Runs by hand, never in the service."""
