// SPDX-License-Identifier: Apache-2.0
//
// What naming a caller and checking a right costs. usage: access_load DATABASE.db KEYS; KEYS has a key a line. Each key
// once, to load what it may do; then at random, each call authenticating and authorizing on one of 1,000,000 models.
// Prints one line of JSON: {"us": CPU microseconds a call, "load_us": the same of a first use, "keys": …}
#include <ctime>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "access/access.h"

namespace {

using namespace souk;

template <class T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "access_load: %s\n", result.error().describe().c_str());
    std::exit(1);
  }
  return std::move(*result);
}

double cpu_us() {
  timespec at{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
  return static_cast<double>(at.tv_sec) * 1e6 + static_cast<double>(at.tv_nsec) / 1e3;
}

struct Model {
  std::int64_t id;
  NamespaceId namespace_id;
  access::ResourceRef resource() const { return {access::ObjectKind::MODEL, id, namespace_id, "model"}; }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  Logger log(Logger::Level::off);
  Metrics metrics;
  const auto store = must(store::Store::open(std::string("sqlite:") + argv[1], {}, log, metrics));
  events::Log events(*store, log, metrics);
  access::Access access(*store, events, log, metrics, false);
  must(access.bootstrap());
  std::vector<std::string> keys;
  std::ifstream in(argv[2]);
  for (std::string line; std::getline(in, line);) keys.push_back("Bearer " + line);

  double begin = cpu_us();
  for (const std::string& key : keys) must(access.authenticate(key));
  const double load = (cpu_us() - begin) / static_cast<double>(keys.size());

  std::mt19937_64 random(7);
  std::size_t allowed = 0;
  const int calls = 1'000'000;
  begin = cpu_us();
  for (int i = 0; i < calls; ++i) {
    access::Call call;
    call.principal = must(access.recognize({keys[random() % keys.size()]}));
    if (!call.principal) std::abort();  // it was in memory
    const auto id = static_cast<std::int64_t>(random() % 1'000'000 + 1);
    allowed += access.authorize(call, access::Role::READER, Model{id, NamespaceId(1 + id % 11'000)}).has_value();
  }
  std::printf("{\"us\":%.3f,\"load_us\":%.1f,\"keys\":%zu,\"allowed\":%zu}\n", (cpu_us() - begin) / calls, load,
              keys.size(), allowed);
}
