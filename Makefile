# make run: install, build, start with the sample. make test: everything that is checked. See CONTRIBUTING.md.
.PHONY: build run test unit system web bench bench-web deb cluster fault fuzz sanitize format lint setup clean debug asan tsan

BUILD ?= build/release
NINJA := ninja -C

build: setup web
	@test -f $(BUILD)/build.ninja || cmake --preset release
	$(NINJA) $(BUILD) souk

setup:
	@scripts/setup build

web:
	@scripts/build-web

run: build
	@scripts/run

test: 
	@scripts/test

bench: build
	@scripts/bench

cluster: build
	@scripts/cluster

fault: build
	@scripts/fault

fuzz:
	@scripts/fuzz 60

sanitize:
	@scripts/sanitize

deb: build
	@scripts/build-deb

bench-web: build
	@scripts/bench-web

debug asan tsan:
	cmake --preset $@
	$(NINJA) build/$@

format:
	@git ls-files 'src/*.cc' 'src/*.h' 'bench/*.cc' 'tests/fuzz/*.cc' 'tests/fuzz/*.h' | xargs clang-format-16 -i

lint:
	@scripts/lint

clean:
	rm -rf build web/dist
