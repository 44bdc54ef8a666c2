# SPDX-License-Identifier: MIT
# Included by the Makefile: the Python package.

.PHONY: python python-packages check-pip bench-python

PY_FILES := $(wildcard tools/python/src/v5lite/*.py) tools/python/src/v5lite/py.typed
PY_SO    := $(BUILD)/python/v5lite/_v5lite.so

python: $(PY_SO) ## build: Builds the Python package for this tree: PYTHONPATH=build/python

$(BUILD)/pic/bridge.o: tools/python/csrc/bridge.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call short,CC,$<)$(COMPILE) -fPIC -Iinclude -c -o $@ $<

$(PY_SO): $(PIC_OBJ) $(BUILD)/pic/bridge.o $(PY_FILES)
	@mkdir -p $(@D)
	@rm -f $(@D)/*.py && cp $(PY_FILES) $(@D)
	$(call short,LD,$@)$(LINK) -shared -Wl,-Bsymbolic -o $@ $(filter %.o,$^) $(LIBS)

python-packages: ## build: Writes the Python package as source package and wheel, to build/python/dist
	@mkdir -p build/python/dist
	$(call short,GEN,build/python/dist)cd tools/python && $(PYTHON) -c "import backend; to = '../../build/python/dist'; \
	  print(backend.build_sdist(to), backend.build_wheel(to))"

check-pip: $(BUILD)/v5lite $(PY_SO) ## assure: Builds and installs the Python package without network, and runs its tests
	@BUILD=$(BUILD) V5LITE_SHARED=$(call quoted,$(SHARED)) sh tests/python/check.sh $(PYTHON)

$(BUILD)/bench/loop.so: bench/python/loop.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call short,LD,$@)$(CC) $(FLAGS) -D_POSIX_C_SOURCE=200809L -fPIC -shared -o $@ $<

bench-python: $(PY_SO) $(BUILD)/bench/loop.so ## measure: Measures what a call of the Python package costs more than in C
	$(PYTHON) bench/python/overhead.py --build $(BUILD)

-include $(BUILD)/pic/bridge.d
