// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cstdio>

#include "app/doctor/diagnose.h"
#include "app/operator_commands.h"
#include "app/own_arguments.h"
#include "app/prepare.h"
#include "base/json.h"

namespace souk::app {

namespace {

constexpr const char* kUsage =
    "souk doctor [--verify] [-o json] --data DIR [--database URL] [--blobs URL] [--listen HOST:PORT]\n\n"
    "Looks at a server's database, disks, bytes, clock, address and libraries with the settings of `souk serve`, "
    "beside\n"
    "a running server or without one, and says how to put right what is wrong. Changes nothing. --verify reads every\n"
    "byte and compares its digest. Exit codes: 0 all is well, or there are only warnings; 1 something is wrong; 2 "
    "usage.";

std::string for_people(const Diagnosis& diagnosis) {
  std::string out;
  for (const Finding& one : diagnosis.findings) {
    const char* mark = one.verdict == Verdict::OK ? "ok     " : one.verdict == Verdict::WARNING ? "warning" : "WRONG  ";
    out += std::string(mark) + "  " + one.check;
    out.append(one.check.size() < 22 ? 22 - one.check.size() : 1, ' ');
    out += cli::printable(one.found) + "\n";
    if (one.fix) out += "         → " + cli::printable(*one.fix) + "\n";
  }
  return out;
}

std::function<void(std::int64_t, std::int64_t)> progress_of(const cli::Output& out) {
  if (out.quiet() || ::isatty(2) == 0) return [](std::int64_t, std::int64_t) {};
  return [](std::int64_t done, std::int64_t all) {
    if (done % 100 != 0 && done != all) return;
    std::fprintf(stderr, "\rblobs %lld of %lld%s", static_cast<long long>(done), static_cast<long long>(all),
                 done == all ? "\n" : "");
  };
}

}  // namespace

int doctor(const std::vector<std::string>& arguments) {
  OwnArguments own(arguments);
  const bool verify = own.flag("--verify");
  const auto out = own.output();
  if (!out) return fail(out.error(), 2);
  Settings settings;
  settings::Table table = table_of(settings);
  if (auto code = prepare(settings, table, own.settings(), kUsage)) return *code;
  if (verify) be_patient(settings);
  Look look;
  look.verify = verify;
  look.progress = progress_of(*out);
  const Diagnosis diagnosis = diagnose(settings, look);
  const auto whole = json::Document::parse(json::write(diagnosis));
  if (!whole) return fail(whole.error(), 1);
  out->print(whole->root(), [&] { return for_people(diagnosis); });
  return diagnosis.verdict == Verdict::WRONG ? 1 : 0;
}

}  // namespace souk::app
