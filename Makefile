# Every target is one command of run.py, which builds what it needs once. What is given on make's command line reaches
# it as an environment variable (make exports those). PYTHON=python3.12 chooses the interpreter.
PYTHON ?= python3
RUN = @$(PYTHON) run.py

.DEFAULT_GOAL := help
.PHONY: help demo demo-check test prove lint types contracts lock clean

help: ## list these targets
	@grep -hE '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z-]+):[^#]*## /make \1\t/' | expand -t 18

demo: ## the service beside a stand-in record system, with invented people (PORT=8080 FOLDER=.demo IMITATE=epic)
	$(RUN) demo

demo-check: ## walk one journal entry through the demo, from launch to the filed summary, and end
	$(RUN) demo-check

test: ## all tests (PYTEST_ARGS="-k words"; REQUIRE=browser,postgres,helm,java,node,libfiu,webkit fails where a part is absent)
	$(RUN) test

prove: ## figures by command: list the proofs, or run one (P=crash-loop N=50 SEED=1)
	$(RUN) prove

lint: ## style and format
	$(RUN) lint

types: ## types of service/
	$(RUN) types

contracts: ## who may import whom
	$(RUN) contracts

lock: ## write the lock files anew (UPGRADE=1 takes the newest versions allowed)
	$(RUN) lock

clean: ## remove environments and caches; the demo's folder stays
	$(RUN) clean
