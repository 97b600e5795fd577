# Everything from a clone to a running node, without a ROS installation: `make help`.

PYTHON ?= python3
ifneq ($(origin ROS_DISTRO),command line)
  ROS_DISTRO := jazzy# a ROS installation that happens to be sourced has no say here
endif
PIN_FILES := $(sort $(patsubst requirements/%.txt,%,$(wildcard requirements/*.txt)))
UBUNTUS := $(filter ubuntu-%,$(PIN_FILES))
DISTROS := $(filter-out compare cython dist docs train render web $(UBUNTUS),$(PIN_FILES))
ifeq ($(filter $(ROS_DISTRO),$(DISTROS)),)
  $(error ROS_DISTRO=$(ROS_DISTRO) is unknown here; choose one of: $(DISTROS))
endif

PINS := $(ROS_DISTRO)
VENV := .venv$(if $(filter-out jazzy,$(PINS)),-$(PINS))
BIN := $(VENV)/bin
INPUT ?=
OUT ?= build/demo
TESTS ?= test
ROS2_SOURCES ?=
DATA ?= ../shared/data
RENDERED ?= build/rendered
SCENES ?= 700
RUN ?= build/train
RENDER := .venv-render
COMPARE := .venv-compare
DOCS := .venv-docs
DIST := .venv-dist
PYTHON311 ?= python3.11
FINGERPOSE := build/fingerpose/package
FOXGLOVE_CLIENT := build/foxglove_client
ONNXRUNTIME_WEB := build/onnxruntime_web
CHROMIUM := build/chromium
# What tests drive beside Python: the system's own Chromium comes before one that is brought.
DRIVEN := $(FOXGLOVE_CLIENT)/.installed $(ONNXRUNTIME_WEB)/.installed \
	$(if $(shell command -v chromium 2>/dev/null),,$(CHROMIUM)/.installed)
CLIP := assets/rendered_hands.avi
RGBD_SCENE := assets/rgbd_scene

# The virtual environment stands alone: no other ROS, no other Python path.
unexport AMENT_PREFIX_PATH CMAKE_PREFIX_PATH COLCON_PREFIX_PATH PYTHONPATH
unexport _ROS_WHEELS_BOOTSTRAP_COMPLETE
export LD_LIBRARY_PATH := $(shell echo "$$LD_LIBRARY_PATH" | tr : '\n' | grep -v '^/opt/ros/' \
	| paste -s -d : -)

SOURCES := $(shell find handseg_ros msg srv launch config models cmake examples assets/rgbd_scene assets/training_pictures \
	-not -path '*/__pycache__*' 2>/dev/null | sed 's/ /\\ /g') \
	assets/rendered_hands.png CMakeLists.txt package.xml pyproject.toml setup.py

.DELETE_ON_ERROR:
.PHONY: help build demo render rgbd-scene train train-smoke compare test test-all test-colcon test-wheel \
	test-with-workers test-beside test-ubuntu lint nightly fuzz soak bench bench-node bench-networks \
	bench-looks bench-serve bench-viewers bench-cameras bench-camera bench-depth bench-tracking bench-smoothing bench-evaluate \
	docs docs-tables dist fresh-machine clean

help:
	@echo "make demo            find hands in a clip: video, contact sheet and table"
	@echo "make demo INPUT=X    the same on your own video or picture file, or a webcam's number"
	@echo "make test            all tests, 3 workers for 2 cores (TESTS=test/nodes for some, WORKERS=1)"
	@echo "make test-all        the same on each of $(DISTROS)"
	@echo "make test-ubuntu     core, command line and node with the Python packages of Ubuntu's apt"
	@echo "make test-colcon     a workspace built by colcon; make test-wheel: pip's wheel"
	@echo "make lint            ruff and mypy"
	@echo "make nightly         the long variants of tests, make fuzz, soak, dist, fresh-machine: hours"
	@echo "make fuzz            the tests of faults with twenty times as many cases"
	@echo "make soak            100,000 frames through the node: memory and latency stay"
	@echo "make render          render SCENES scenes with hands to train from, into RENDERED"
	@echo "make rgbd-scene      render the RGB-D scene of examples and tests again"
	@echo "make train           train the models from DATA and RENDERED into RUN; see docs/model.md"
	@echo "make train-smoke     the same path on painted pictures, in a minute"
	@echo "make bench           all tables: make bench-node, -networks, -space, -tracking, -evaluate"
	@echo "make bench-node      the node between a camera and a robot; figures to out/bench.json"
	@echo "make bench-networks  every family: inference of real networks, decoding of four hands"
	@echo "make bench-looks     how often import guesses colours right: networks in seven looks each"
	@echo "make bench-serve     the HTTP service with 1, 8 and 64 clients, beside the core alone"
	@echo "make bench-viewers   the node beside no, one and ten viewers of its page"
	@echo "make bench-cameras   one node for several cameras beside as many nodes"
	@echo "make bench-camera    camera and network in one process beside two"
	@echo "make bench-depth     positions, points and keep-out of two hands, beside inference"
	@echo "make bench-tracking  time per frame of following two, four and the most hands"
	@echo "make bench-smoothing flicker and masks with and without temporal_smoothing (DATA, HELD)"
	@echo "make bench-evaluate  what reading and scoring add to inference, for each kind of set"
	@echo "make docs            the pages as a site, in build/site; fails on links that lead nowhere"
	@echo "make compare         MediaPipe and DeepLabV3 beside our models; a table in docs/model.md"
	@echo "make dist            sdist and wheels for PYTHONS and $(DISTROS), each tried; to build/dist"
	@echo "make fresh-machine   the README's commands and pip's way in a minimal Debian: an hour, as root"
	@echo "make build           install the package into $(VENV), nothing else"
	@echo "make clean           remove $(VENV), $(RENDER), $(COMPARE), $(DIST) and build/"
	@echo ""
	@echo "PYTHON=python3.12    the Python to set up with, 3.10 to 3.13 (now: $(PYTHON))"
	@echo "ROS_DISTRO=kilted    one of: $(DISTROS) (now: $(ROS_DISTRO))"
	@echo "ROS2_SOURCES=folder  sources of ROS launch and ros2, for tests of launch files: CONTRIBUTING"
	@echo "OUT=folder           where the demo writes (now: $(OUT))"

# ---- setting up -------------------------------------------------------------------------------

$(VENV)/.created:
	@command -v $(PYTHON) >/dev/null || { echo "'$(PYTHON)' was not found;" \
	  "install Python 3.10 to 3.13 or name one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' || { \
	  echo "$(PYTHON) is $$($(PYTHON) -V), which handseg_ros does not support;" \
	  "name a Python 3.10 to 3.13: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make virtual" \
	  "environments; install its venv module (Debian and Ubuntu: apt install python3-venv)" >&2; \
	  exit 1; }
	@command -v $${CXX:-c++} >/dev/null && command -v $${CC:-cc} >/dev/null || { \
	  echo "No C and C++ compiler was found;" \
	  "install one (Debian and Ubuntu: apt install g++)" >&2; exit 1; }
	@$(PYTHON) -c 'import os, sys, sysconfig as s; sys.exit(not os.path.exists(s.get_path("include") + "/Python.h"))' \
	  || { echo "The header files of $(PYTHON) (Python.h) were not found, which compiling messages needs;" \
	  "install them (Debian and Ubuntu: apt install python3-dev)" >&2; exit 1; }
	@echo "==> Making the virtual environment $(VENV) with $$($(PYTHON) -V)"
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

# PyYAML 5.4, which Ubuntu 22.04 has, is compiled here, and by a Cython of its time alone.
$(VENV)/.requirements: export PIP_CONSTRAINT := $(if $(filter ubuntu-22.04,$(PINS)),requirements/cython.txt)
$(VENV)/.requirements: $(VENV)/.created requirements/$(PINS).txt
	@echo "==> Installing ROS 2, ONNX Runtime, OpenCV and the build tools of $(PINS) into $(VENV)"
	@$(BIN)/python requirements/install.py requirements/$(PINS).txt
	@touch $@

# One at a time, as setuptools leaves files in this folder whichever environment it builds for.
$(VENV)/.package: $(VENV)/.requirements $(SOURCES)
	@echo "==> Building and installing handseg_ros (messages included)"
	@HANDSEG_BUILD_DIR=$(VENV)/build flock setup.py \
	  $(BIN)/pip install --quiet --no-deps --no-build-isolation .
	@touch $@

$(VENV)/.train: $(VENV)/.requirements requirements/train.txt
	@echo "==> Installing PyTorch and what else training, tests and benchmarks of networks need"
	@$(BIN)/python requirements/install.py requirements/train.txt
	@touch $@

$(VENV)/.web: $(VENV)/.requirements requirements/web.txt
	@echo "==> Installing what the service (handseg serve) and its tests need"
	@$(BIN)/python requirements/install.py requirements/web.txt
	@touch $@

# What tests drive that is no Python, as each lock names it. Where npm is missing or cannot bring it, they
# skip. $(call bring_by_npm,what it is,tests of what,how it is made ready)
define bring_by_npm
	@mkdir -p $(@D) && cp $(<D)/package.json $< $(@D)
	@if ! command -v npm >/dev/null; then \
	  echo "==> npm was not found: tests $(2) skip"; \
	else \
	  echo "==> Bringing $(1) by npm, for tests"; \
	  npm_config_ignore_scripts=true npm ci --prefix $(@D) --silent --no-audit --no-fund \
	    --prefer-offline --fetch-retries=1 --fetch-retry-mintimeout=1000 $(3) && touch $@ \
	  || echo "==> npm could not bring it: tests $(2) skip"; \
	fi
endef

$(FOXGLOVE_CLIENT)/.installed: test/support/foxglove_client/package-lock.json
	$(call bring_by_npm,Foxglove's client of its protocol,with Foxglove's client)

$(ONNXRUNTIME_WEB)/.installed: test/support/onnxruntime_web/package-lock.json
	$(call bring_by_npm,ONNX Runtime for browsers,of exported graphs in it)

$(CHROMIUM)/.installed: test/support/chromium/package-lock.json test/support/chromium/unpack.cjs
	$(call bring_by_npm,a headless Chromium,of pages in a browser,&& node $(<D)/unpack.cjs $(@D))

build: $(VENV)/.package

# ---- trying -----------------------------------------------------------------------------------

# Pictures of real hands under the MIT licence; the demo has a clip of its own where npm is missing.
$(FINGERPOSE)/package.json:
	@mkdir -p $(dir $(FINGERPOSE))
	@if ! command -v npm >/dev/null; then \
	  echo "==> npm was not found: the demo runs on the clip of this repository"; \
	else \
	  echo "==> Bringing pictures of real hands: npm package fingerpose 0.1.0"; \
	  cd $(dir $(FINGERPOSE)) && npm pack --silent fingerpose@0.1.0 >/dev/null \
	  && tar xzf fingerpose-0.1.0.tgz \
	  || echo "==> npm could not bring it: the demo runs on the clip of this repository"; \
	fi

# Runs beside the source folder, so that the installed package is what is imported.
demo: build $(if $(INPUT),,$(FINGERPOSE)/package.json)
	@mkdir -p build $(OUT)
	@input='$(INPUT)'; [ ! -e "$$input" ] || input=$$(realpath "$$input"); \
	  cd build && ../$(BIN)/python -m handseg_ros.demo --output '$(abspath $(OUT))' \
	  --pictures '$(abspath $(FINGERPOSE))' --clip '$(abspath $(CLIP))' \
	  $${input:+--input "$$input"}

# One after the other, as each would slow the other down.
bench:
	@$(MAKE) --no-print-directory bench-node
	@$(MAKE) --no-print-directory bench-networks
	@$(MAKE) --no-print-directory bench-depth
	@$(MAKE) --no-print-directory bench-tracking
	@$(MAKE) --no-print-directory bench-evaluate

# The networks of other people are those of the tests, which are built with PyTorch.
bench-node: build $(VENV)/.train
	@PYTHONPATH=test $(BIN)/python benchmarks/bench.py

bench-networks: build $(VENV)/.train
	@PYTHONPATH=test $(BIN)/python benchmarks/networks.py

# Two of the networks learn first, for some minutes.
bench-looks: build $(VENV)/.train
	@PYTHONPATH=test $(BIN)/python benchmarks/looks.py

# The service is started as the tests start it.
bench-serve: build $(VENV)/.web
	@PYTHONPATH=test $(BIN)/python benchmarks/serving.py

bench-viewers: build $(VENV)/.web
	@PYTHONPATH=test $(BIN)/python benchmarks/viewing.py

bench-cameras: build
	@PYTHONPATH=test $(BIN)/python benchmarks/many_cameras.py

bench-camera: build
	@PYTHONPATH=test $(BIN)/python benchmarks/one_process.py

# The scene is the tests' too.
bench-depth: build
	@PYTHONPATH=test $(BIN)/python benchmarks/depth.py

# The hands are the tests' too.
bench-tracking: build
	@PYTHONPATH=test $(BIN)/python benchmarks/tracking.py

bench-smoothing: build
	@$(BIN)/python benchmarks/smoothing.py $(DATA) $(HELD)

bench-evaluate: build
	@PYTHONPATH=test $(BIN)/python benchmarks/evaluating.py

# ---- training ---------------------------------------------------------------------------------

# Blender wants one Python (3.11) and an environment of its own.
$(RENDER)/.created: requirements/render.txt
	@echo "==> Installing Blender as a module into $(RENDER)"
	@$(PYTHON311) -m venv --clear $(RENDER)
	@$(RENDER)/bin/python requirements/install.py requirements/render.txt
	@touch $@

# Two batches: one may show only pictures whose licence allows any use. Interrupted, it goes on.
# Skins are photographs (CC0) where the data has them.
SKINS := '$(RENDERED)'/skins
render: $(RENDER)/.created $(VENV)/.train build
	@[ -f $(SKINS)/skins.json ] || [ ! -d '$(DATA)'/makehuman/skins ] \
	  || PYTHONPATH=tools $(BIN)/python -m rendering.skins --photos '$(DATA)'/makehuman/skins --out $(SKINS)
	@skins=; [ ! -f $(SKINS)/skins.json ] || skins=yes; \
	for batch in 'free 11 101 cards' 'all 12 102 cards dtd houses imagenet kitchen'; do \
	  set -- $$batch; name=$$1 poses=$$2 seed=$$3; shift 3; \
	  [ -f '$(RENDERED)'/$$name.npz ] || PYTHONPATH=tools $(BIN)/python -m rendering.poses \
	    --seed $$poses --count 1000 --out '$(RENDERED)'/$$name.npz || exit 1; \
	  PYTHONPATH=tools:. $(RENDER)/bin/python -m rendering.scenes --seed $$seed --count $(SCENES) \
	    --poses '$(RENDERED)'/$$name.npz --backgrounds '$(DATA)'/backgrounds --only "$$@" \
	    $${skins:+--skins $(SKINS)} --out '$(RENDERED)'/$$name || exit 1; \
	done

# A person at a desk, a camera that goes back, and where the hands truly are: minutes on one core.
rgbd-scene: $(RENDER)/.created $(VENV)/.train build
	@[ -f build/motion.npz ] || PYTHONPATH=tools $(BIN)/python -m rendering.motion --out build/motion.npz
	@PYTHONPATH=tools:. $(RENDER)/bin/python -m rendering.rgbd --motion build/motion.npz \
	  --out $(RGBD_SCENE)

# One model after the other, as docs/model.md tells; what was trained so far is gone on with, and a
# file that a later run starts from is not written again.
# The C library keeps freed memory, instead of handing gigabytes back and asking for them each step:
# a fifth of a step's time.
# TAUGHT: labelled sets with sides, of which the head of sides learns beside rendered hands.
ALLOCATOR := MALLOC_TRIM_THRESHOLD_=4000000000 MALLOC_MMAP_THRESHOLD_=4000000000 \
	MALLOC_TOP_PAD_=500000000
FREE := '$(DATA)'/rendered '$(RENDERED)'/free
START ?= models/hands.onnx
TAUGHT ?=
train: $(VENV)/.train build
	@set -e; export $(ALLOCATOR); \
	tool='$(BIN)/python -m handseg_ros.training'; configs=handseg_ros/training/configs; \
	learn() { config=$$configs/$$1.yaml name=$$2; shift 2; \
	  $$tool train $$config '$(RUN)'/$$name --data '$(DATA)' "$$@"; \
	  [ -f '$(RUN)'/$$name.onnx ] || $$tool export $$config '$(RUN)'/$$name.onnx \
	    --checkpoint '$(RUN)'/$$name/checkpoint.pt; }; \
	label() { config=$$configs/$$1.yaml name=labels_$$2; shift 2; [ -f '$(RUN)'/$$name/.done ] || { \
	  $$tool label $$config '$(RUN)'/$$name --data '$(DATA)' "$$@"; \
	  touch '$(RUN)'/$$name/.done; }; }; \
	set -- --rendered $(FREE); \
	learn hands_clean_draft draft "$$@"; \
	label hands_clean first --model '$(RUN)'/draft.onnx --width 160 --height 128; \
	learn hands_clean first "$$@" --labels '$(RUN)'/labels_first --start '$(RUN)'/draft.onnx; \
	label hands_clean clean --model '$(RUN)'/first.onnx; \
	learn hands_clean hands_clean "$$@" --labels '$(RUN)'/labels_clean \
	  --start '$(RUN)'/first.onnx; \
	label hands all --model '$(START)'; \
	set -- "$$@" '$(RENDERED)'/all --labels '$(RUN)'/labels_all; \
	learn hands hands "$$@" --start '$(START)'; \
	[ -f '$(RUN)'/sided.onnx ] || $$tool sides $$configs/hands.yaml '$(RUN)'/sided.onnx \
	  --start '$(RUN)'/hands.onnx --data '$(DATA)' --rendered $(FREE) '$(RENDERED)'/all \
	  $(if $(TAUGHT),--taught $(TAUGHT)); \
	learn hands_fast hands_fast "$$@" --start '$(RUN)'/sided.onnx; \
	learn hands_int8 hands_int8 "$$@" --start '$(RUN)'/sided.onnx

# MediaPipe 0.10.14 wants another NumPy than we do. Where pip cannot bring it, it is left out.
$(COMPARE)/.created: requirements/compare.txt
	@echo "==> Installing MediaPipe into $(COMPARE)"
	@$(PYTHON311) -m venv --clear $(COMPARE) \
	  && $(COMPARE)/bin/python requirements/install.py requirements/compare.txt && touch $@ \
	  || { echo "==> pip could not bring MediaPipe: it is left out"; rm -rf $(COMPARE); }

# Each way in a process of its own; what is in build/compare already is not made again.
compare: build $(VENV)/.train $(COMPARE)/.created
	@PYTHONPATH=tools $(BIN)/python -m compare --data '$(DATA)' --out build/compare \
	  --mediapipe $(COMPARE)/bin/python

train-smoke: build $(VENV)/.train
	@$(BIN)/pytest test/training/test_training_path.py

# ---- checking ---------------------------------------------------------------------------------

# What PyPI lacks of ROS 2, from a folder of its sources where one is given.
WITH_ROS2 = $(if $(ROS2_SOURCES),$(BIN)/python test/tools/ros2_from_sources.py \
	--prefix $(VENV)/ros2 '$(ROS2_SOURCES)')

# Each worker takes a file of tests after the other. Beside them, with what time they leave, runs
# what is no test of pytest's here; what judges times runs when all else is done.
# Many tests wait for processes of theirs, so that half as many again as there are cores keep them busy.
WORKERS ?= $(shell echo $$(($$(nproc) * 3 / 2)))
WHOLE := $(filter test,$(TESTS))
WORKED = -n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations=25
NONE_ASKED := 5# pytest's exit status when TESTS names none of these

test: build $(VENV)/.train $(VENV)/.web $(DRIVEN)
	@$(MAKE) --no-print-directory --jobs=2 test-with-workers $(if $(WHOLE),test-beside)
	@$(WITH_ROS2) $(BIN)/pytest $(TESTS) --durations=5 -m 'alone and not nightly' \
	  || [ $$? = $(NONE_ASKED) ]

test-with-workers:
	@$(WITH_ROS2) $(ALONE) $(BIN)/pytest $(TESTS) $(WORKED) -m 'not alone and not nightly' \
	  || [ $$? = $(NONE_ASKED) ]

# It has one of the two jobs; what each part writes comes in one piece.
test-beside:
	@nice $(MAKE) --no-print-directory --output-sync=target lint $(addprefix test-,$(UBUNTUS))

test-all:
	@for name in $(DISTROS); do $(MAKE) --no-print-directory test ROS_DISTRO=$$name || exit 1; done

# A make that such a build starts has jobs of its own.
ALONE := env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL
test-colcon: build
	@$(ALONE) $(BIN)/pytest -q test/package/test_colcon_build.py

test-wheel: build
	@$(ALONE) $(BIN)/pytest -q test/package/test_pip_install.py

# What a robot with Ubuntu has: its own Python, and the versions in requirements/ubuntu-*.in. Each has
# an environment of its own, made once. A Python that is missing is told, not asked for. That old
# packages warn of what came after them is no error there.
OLD_TESTS := $(addprefix test/,segmentation/test_description.py segmentation/test_segmenter.py \
	segmentation/test_bad_files.py segmentation/test_overlay.py image_messages/test_decode.py \
	tracking/test_tracker.py depth/test_camera.py cli/test_run.py nodes/test_process.py \
	cli/test_evaluate.py::test_a_report_is_left_and_its_figures_are_printed \
	cli/test_evaluate.py::test_a_bag_is_scored_by_its_labels \
	nodes/test_stream.py::test_the_answer_is_the_core_s_own \
	nodes/test_stream.py::test_compressed_input_and_a_truncated_jpeg package/test_ubuntu.py)
python_of = $(firstword $(shell for python in python$(1) \
	$(wildcard $(or $(PYENV_ROOT),$(HOME)/.pyenv)/versions/$(1).*/bin/python$(1)); do \
	"$$python" -c '' 2>/dev/null && echo "$$python"; done))

test-ubuntu: test-ubuntu-22.04 test-ubuntu-24.04

test-ubuntu-22.04: OLD_PYTHON := 3.10
test-ubuntu-24.04: OLD_PYTHON := 3.12
test-ubuntu-%:
	@python='$(call python_of,$(OLD_PYTHON))'; [ -n "$$python" ] || { echo "==> Python" \
	  "$(OLD_PYTHON) was not found: nothing is tested with the packages of Ubuntu $*"; exit 0; }; \
	$(MAKE) --no-print-directory build PINS=ubuntu-$* PYTHON="$$python"
	@[ -z '$(call python_of,$(OLD_PYTHON))' ] || \
	.venv-ubuntu-$*/bin/pytest -q -W default -m 'not slow' $(OLD_TESTS)

# The long variants. Of `fuzz` each run draws other cases; what they find is told with a seed to try
# it again.
nightly: build $(VENV)/.train $(VENV)/.web $(DRIVEN)
	@$(WITH_ROS2) $(BIN)/pytest test $(WORKED) -m 'nightly and not alone' || [ $$? = $(NONE_ASKED) ]
	@$(WITH_ROS2) $(BIN)/pytest test -m 'nightly and alone' || [ $$? = $(NONE_ASKED) ]
	@$(MAKE) --no-print-directory fuzz
	@$(MAKE) --no-print-directory soak
	@$(MAKE) --no-print-directory dist
	@if [ "$$(id -u)" = 0 ] && command -v mmdebstrap >/dev/null; then \
	  $(MAKE) --no-print-directory fresh-machine; \
	else echo "==> No root or no mmdebstrap: no fresh machine is made"; fi

fuzz: build
	@$(BIN)/pytest test/faults --hypothesis-profile=nightly --deselect test/faults/test_soak.py -s

soak: build
	@$(BIN)/pytest test/faults/test_soak.py --hypothesis-profile=nightly -s

# Type hints differ in Python 3.10's NumPy: checked with the others.
TYPED = $(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))'
lint: $(VENV)/.train $(VENV)/.web
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --quiet --check .
	@if $(TYPED); then $(BIN)/mypy; else echo "mypy: not with Python 3.10"; fi

# ---- telling ----------------------------------------------------------------------------------

$(DOCS)/.created: requirements/docs.txt
	@command -v $(PYTHON) >/dev/null || { echo "'$(PYTHON)' was not found:" \
	  "name a Python 3.10 to 3.13: make docs PYTHON=python3.12" >&2; exit 1; }
	@echo "==> Installing what makes a site of docs/ into $(DOCS)"
	@$(PYTHON) -m venv --clear $(DOCS)
	@$(DOCS)/bin/python requirements/install.py requirements/docs.txt
	@touch $@

docs: docs-tables $(DOCS)/.created
	@NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/mkdocs build --strict --quiet
	@echo "build/site/index.html is the first page"

# Tables of reference, from the code. The script's own folder is what it imports from, not this one.
docs-tables: build
	@$(BIN)/python tools/documentation/tables.py

# ---- handing out ------------------------------------------------------------------------------

$(DIST)/.created: requirements/dist.txt
	@echo "==> Installing what builds and checks wheels into $(DIST)"
	@$(PYTHON) -m venv --clear $(DIST)
	@$(DIST)/bin/python requirements/install.py requirements/dist.txt
	@touch $@

# Each wheel is built in isolation and tried in an environment of its own: minutes each.
PYTHONS ?= $(foreach version,3.10 3.11 3.12 3.13,$(call python_of,$(version)))
DISTRIBUTIONS ?= $(DISTROS)
dist: build $(DIST)/.created
	@PYTHONPATH=tools nice $(DIST)/bin/python -m release --out build/dist --work build/dist-trials \
	  --packer $(abspath $(BIN)/python) --distributions $(DISTRIBUTIONS) --pythons $(PYTHONS)

# The Dockerfile's steps, in a chroot that mmdebstrap makes: the whole of `make test` is among them.
FRESH_TESTS ?= test
FRESH_STAGES ?= commands wheel runtime
FRESH_USERS ?= handseg root
fresh-machine:
	@PYTHONPATH=tools nice $(PYTHON) -m fresh_machine --folder build/fresh-machine \
	  --stages $(FRESH_STAGES) --who $(FRESH_USERS) --tests '$(FRESH_TESTS)'

clean:
	rm -rf $(VENV) $(addprefix .venv-,$(UBUNTUS)) $(RENDER) $(COMPARE) $(DOCS) $(DIST) build handseg_ros.egg-info

# SPDX-License-Identifier: Apache-2.0
