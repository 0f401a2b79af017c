VENV := .venv
PYTHON ?= python3
BIN := $(VENV)/bin
