# One line each; `make help` lists them. PYTHON chooses the interpreter (3.11 or newer).
VENV := .venv
PYTHON ?= python3
BIN := $(VENV)/bin
READY := $(VENV)/.ready

SHARED := ../shared/data
PUBLIC := $(wildcard $(addprefix $(SHARED)/, $(addsuffix .json.xz, $(addprefix eval/, piaf_fr squadshifts_new_wiki \
  squad_en_v2 squad_es_v1 squad_it arcd_ar xquad_de xquad_es xquad_ar covidqa_long)) retrieval/spf_fr $(addprefix retrieval/ir_classic/, \
  cranfield cisi cacm) chunking))
CROSSED := $(foreach to,de es ar,$(addsuffix @$(SHARED)/eval/xquad_$(to).json.xz,$(wildcard $(SHARED)/eval/xquad_en.json.xz)))
TATOEBA := $(wildcard $(SHARED)/parallel/tatoeba_laser_v1)
READING := $(wildcard $(foreach set,piaf_fr squadshifts_new_wiki squad_en_v2 squad_es_v1 squad_it arcd_ar xquad_de xquad_es \
  xquad_ar,$(SHARED)/eval/$(set).json.xz))
FOUND := $(filter-out %/covidqa_long.json.xz %/chunking %/squad_en_v2.json.xz %/squad_es_v1.json.xz %/squad_it.json.xz,$(PUBLIC))
CHUNKED := $(wildcard $(addprefix $(SHARED)/,chunking retrieval/spf_fr train/piaf_fr.json.xz))
ABLATED := $(wildcard $(foreach set,piaf_fr squadshifts_new_wiki,$(SHARED)/eval/$(set).json.xz))
OWN := $(wildcard $(SHARED)/eval/user_fr.json.xz)
train = $(wildcard $(SHARED)/train/$(notdir $(1)))

.DEFAULT_GOAL := help
.PHONY: widget peers lock-peers help setup serve test unit test-faults check format eval gate eval-public eval-own eval-alignment eval-reading compare-embedders compare-chunkings ablate-reader memory bench bench-widget bench-ingest calibrate train-embedder train-reader tune-fusion train-vocabulary lock clean

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-17s %s\n", $$1, $$2}'

$(READY): requirements/torch.txt requirements/lock.txt pyproject.toml
	@echo "Setting up $(VENV): a minute or two, most of it PyTorch."
	@$(PYTHON) -c 'import sys; sys.exit("Extrait needs Python 3.11 or newer; set PYTHON=." if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/torch.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/lock.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

setup: $(READY)  ## Make the virtual environment and install what is locked

serve: $(READY)  ## Serve on 127.0.0.1:8000, with the seed documents when the library is new
	$(BIN)/extrait serve --seed seeds/documents $(if $(PORT),--port $(PORT))

test: $(READY)  ## Run all tests
	$(BIN)/pytest -q -n auto --dist loadfile

unit: $(READY)  ## Run the tests that load no model
	$(BIN)/pytest -q -n auto -m "not models and not corpus"

test-faults: $(READY)  ## Kill a writer at 50 moments, fill the disk, tear files, let two write
	EXTRAIT_FAULTS=50 $(BIN)/pytest -q tests/faults

check: $(READY)  ## Run the static checks
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

format: $(READY)  ## Format the code
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .

eval: $(READY)  ## Measure answers and retrieval on the seeds' gold questions
	$(BIN)/extrait eval

gate: $(READY)  ## Fail when the seeds are answered worse than by eval/baseline.json, beyond the interval
	$(BIN)/extrait eval --check

eval-public: $(READY)  ## Measure on the public sets and across languages, each with the passages of its train set (needs ../shared/data)
	@test -n "$(PUBLIC)" || echo "There is no ../shared/data: the public sets were left out."
	@failed=0; $(foreach set,$(PUBLIC) $(CROSSED),$(BIN)/extrait eval $(set) --questions $(or $(QUESTIONS),0) $(addprefix --with ,$(call train,$(set))) || failed=1;) exit $$failed

eval-own: $(READY)  ## Measure questions as people put them to a document of their own (needs ../shared/data)
	@test -n "$(OWN)" || echo "There is no ../shared/data: nothing was asked."
	$(if $(OWN),$(BIN)/python -m eval.own $(OWN))

eval-alignment: $(READY)  ## Measure whether a sentence lies nearest to its translation (needs ../shared/data)
	@test -n "$(TATOEBA)" || echo "There is no ../shared/data: nothing was aligned."
	$(if $(TATOEBA),$(BIN)/python -m eval.alignment $(TATOEBA))

eval-reading: $(READY)  ## Measure the reader on the passage that holds the answer, without search (needs ../shared/data)
	@test -n "$(READING)" || echo "There is no ../shared/data: nothing was read."
	$(if $(READING),$(BIN)/python -m eval.reading $(READING) $(addprefix --margin-from ,$(wildcard $(SHARED)/train/squad_en_v2.json.xz)))

compare-embedders: $(READY)  ## Compare the search with our embedder, with its base, and each leg alone (needs ../shared/data)
	@test -n "$(FOUND)" || echo "There is no ../shared/data: nothing was compared."
	@failed=0; $(foreach set,$(FOUND) $(CROSSED),$(BIN)/python -m eval.embedders $(set) $(addprefix --with ,$(call train,$(set))) || failed=1;) exit $$failed

compare-chunkings: $(READY)  ## Compare sizes of chunks, with titles and headings and without (needs ../shared/data)
	@test -n "$(CHUNKED)" || echo "There is no ../shared/data: nothing was cut."
	$(if $(CHUNKED),$(BIN)/python -m eval.chunkings $(CHUNKED))

ablate-reader: $(READY)  ## Measure what each part of reading is worth (needs ../shared/data)
	@test -n "$(ABLATED)" || echo "There is no ../shared/data: nothing was ablated."
	$(foreach set,$(ABLATED),$(BIN)/python -m eval.ablations $(set) --questions 800 $(addprefix --with ,$(call train,$(set))) &&) true

memory: $(READY)  ## Show that a run of 10,000 questions needs no more memory than one of 1,000
	$(BIN)/python -m eval.memory

bench: $(READY)  ## Measure the speed of search and of /v1/answers
	$(BIN)/python -m eval.bench

bench-widget: $(READY)  ## Measure how soon the widget's bubble is painted (needs Chromium)
	$(BIN)/pytest -q -s tests/browser -k bubble_is_painted

bench-ingest: $(READY)  ## Measure ingestion beside the embedder alone, and 100,000 chunks
	$(BIN)/python -m eval.bench_ingest

calibrate: $(READY)  ## Fit the reader and its confidence again (needs ../shared/data)
	$(BIN)/python -m qa.training.calibrate

train-embedder: $(READY)  ## Train the embedder, or go on with it (needs ../shared/data; minutes on a GPU, days on 2 cores)
	$(BIN)/python -m qa.training.train_embedder

train-reader: $(READY)  ## Train the reader, or go on with it (needs ../shared/data; minutes on a GPU, days on 2 cores)
	$(BIN)/python -m qa.training.train_reader

tune-fusion: $(READY)  ## Compare ways to fuse the two legs of a search (needs ../shared/data)
	$(BIN)/python -m qa.training.tune_fusion

train-vocabulary: $(READY)  ## Train the token vocabulary again (needs ../shared/data)
	$(BIN)/python -m index.vocabulary.train

# torch and what it alone needs are installed first and apart; Django is only declared by the package that carries Swagger UI, and
# telemetry calls home.
UNLOCKED := torch triton django asgiref sqlparse openvino-telemetry cuda-bindings cuda-pathfinder cuda-toolkit $(addprefix nvidia-, cublas \
  cuda-cupti cuda-nvrtc cuda-runtime cudnn-cu13 cufft cufile curand cusolver cusparse cusparselt-cu13 nccl-cu13 nvjitlink nvshmem-cu13 nvtx)
lock:  ## Resolve the dependencies again (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  $(addprefix --no-emit-package , $(UNLOCKED)) --output-file requirements/lock.txt --quiet

PEER_SET := $(wildcard ../shared/data/eval/piaf_fr.json.xz)
var/peers/%/.ready: requirements/torch.txt requirements/peers-%.txt
	@echo "Setting up $(@D): a minute or two, most of it PyTorch."
	@test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D)
	@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements/torch.txt
	@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/peers-$*.txt
	@touch $@

peers: $(READY) var/peers/haystack/.ready var/peers/txtai/.ready  ## Compare with BM25, the dense model, haystack-ai and txtai (needs ../shared/data)
	@test -n "$(PEER_SET)" || echo "There is no ../shared/data: the peers are installed, and were not compared."
	$(if $(PEER_SET),$(BIN)/python -m eval.peers $(PEER_SET) --with ../shared/data/train/piaf_fr.json.xz --questions 300)

lock-peers:  ## Resolve the dependencies of the peers again (needs uv)
	for peer in haystack txtai; do uv pip compile requirements/peers-$$peer.in --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate --constraint requirements/torch.txt $(addprefix --no-emit-package , $(UNLOCKED)) \
	  --output-file requirements/peers-$$peer.txt --quiet || exit 1; done

widget:  ## Build the chat widget again, from api/widget into api/static/widget (needs npm)
	cd api/widget && npm ci --no-audit --no-fund --loglevel=error && npm run build --silent

clean:  ## Remove the virtual environment; the library in ./var stays
	rm -rf $(VENV)
