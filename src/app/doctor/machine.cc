// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>
#include <sys/timex.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "app/doctor/checks.h"
#include "app/server.h"
#include "base/digest.h"
#include "net/client/client.h"
#include "net/listener.h"
#include "runtimes/inspect.h"
#include "runtimes/onnx/loader.h"
#include "store/libraries.h"
#include "store/sqlite/lock_file.h"

namespace souk::app {

namespace {

void check_clock(Findings& out) {
  timex state{};
  const int mode = ::adjtimex(&state);
  if (mode >= 0 && (state.status & STA_UNSYNC) == 0) return out.ok("clock.source", "set by the network's time");
  out.warn("clock.source", "nothing sets this machine's clock",
           "timedatectl set-ntp true, or let chrony do it; two nodes need clocks that agree");
}

void check_descriptors(const Patient& patient, Findings& out) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const auto wanted = static_cast<rlim_t>(patient.settings.net.max_connections) + 1000;
  const std::string found = "this process may open " + std::to_string(limit.rlim_max) +
                            " files, net.max_connections is " + std::to_string(patient.settings.net.max_connections);
  if (limit.rlim_max >= wanted) return out.ok("limits.files", found);
  out.warn("limits.files", found, "LimitNOFILE in the unit, or ulimit -n; or lower net.max_connections");
}

// Sealing a version needs a child in a sandbox.
void check_sandbox(Findings& out) {
  std::error_code error;
  const std::string path = std::filesystem::temp_directory_path(error).string() + "/souk-doctor-" + random_token(12);
  std::ofstream(path) << "no model\n";
  runtimes::ChildInspector inspector;
  const auto inspected = inspector.inspect({{"README.md", path}});
  ::unlink(path.c_str());
  if (inspected) return out.ok("sandbox", "models can be looked at in a child process");
  out.wrong("sandbox", inspected.error(),
            "allow souk to start children: see MemoryMax, TasksMax and seccomp in the unit");
}

bool is_loopback_any(const std::string& host) {
  return host.empty() || host == "0.0.0.0" || host == "::" || host == "*";
}

// Who answers on the address that cannot be taken.
void ask_server(const Patient& patient, const net::ListenAddress& address, Findings& out) {
  const bool tls = !patient.settings.net.tls_certificate.empty();
  std::string host = is_loopback_any(address.host) ? "127.0.0.1" : address.host;
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  const std::string url = (tls ? "https://" : "http://") + host + ":" + std::to_string(address.port);
  net::ClientSettings settings;
  settings.connect_timeout = settings.timeout = std::chrono::seconds(5);
  net::Client client(settings);
  net::ClientRequest request;
  request.url = url + "/healthz";
  const auto health = client.send(request);
  if (tls && !health) {  // its certificate may well be for another name
    return out.ok("address", patient.settings.listen + ": a server is there; under TLS no more was asked");
  }
  if (!health || health->status != 200 || !health->body.starts_with("ok")) {
    return out.wrong("address", patient.settings.listen + " is taken, and no souk answers there",
                     "stop what listens there (ss -ltnp), or choose another address by --listen");
  }
  out.ok("address", "a souk answers at " + url);
  request.url = url + "/readyz";
  const auto ready = client.send(request);
  if (ready && ready->status == 200) return out.ok("server.ready", "everything that is wanted runs");
  out.wrong("server.ready",
            ready ? "not everything that is wanted runs: " + ready->body.substr(0, 300) : ready.error().describe(),
            "souk deployment list tells what; souk logs DEPLOYMENT tells why");
}

}  // namespace

void check_machine(const Patient& patient, Findings& out) {
  out.ok("versions", "souk " + std::string(kVersion) + ", SQLite " + store::sqlite_version() + ", libpq " +
                         store::libpq_version() + ", ONNX Runtime " + runtimes::onnx_version());
  check_clock(out);
  check_descriptors(patient, out);
  check_sandbox(out);
}

void check_address(const Patient& patient, Findings& out) {
  const auto address = net::ListenAddress::parse(patient.settings.listen);
  if (!address) return out.wrong("address", address.error(), "give HOST:PORT by --listen");
  if (address->port == 0) return out.ok("address", "any free port");
  const auto fd = net::open_listener(*address);
  if (fd) {
    ::close(*fd);
    return out.ok("address", patient.settings.listen + " is free");
  }
  ask_server(patient, *address, out);
}

}  // namespace souk::app
