// SPDX-License-Identifier: Apache-2.0
#include "runtimes/onnx/library.h"

#include <mutex>

#include "base/cores.h"
#include "runtimes/onnx/loader.h"
#include "runtimes/onnx/reason.h"

namespace souk::runtimes {

const OrtApi& ort() {
  static const OrtApi* const api = OrtGetApiBase()->GetApi(ORT_API_VERSION);
  return *api;
}

std::string onnx_version() {
  return OrtGetApiBase()->GetVersionString();
}

namespace {

Code code_of(OrtErrorCode code, const std::string& reason) {
  if (reason.find("not have the operator") != std::string::npos) return Code::unimplemented;
  if (reason.find("llocate memory") != std::string::npos || reason.find("bad_alloc") != std::string::npos) {
    return Code::resource_exhausted;
  }
  switch (code) {
    case ORT_NOT_IMPLEMENTED:
      return Code::unimplemented;
    case ORT_NO_SUCHFILE:
      return Code::not_found;
    // A model or an input that a kernel refuses comes as any of the others.
    default:
      return Code::invalid_argument;
  }
}

// ONNX Runtime has one environment a process, however many are asked for, and that keeps what the first one gave it:
// where it logs to, and what was registered with it, is that of the latest.
std::mutex registering;
const Allocator* registered = nullptr;
std::mutex telling;
const Logger* told = nullptr;

// ONNX Runtime repeats on its log what its statuses say.
void ORT_API_CALL to_log(void*, OrtLoggingLevel, const char*, const char*, const char*, const char* message) {
  const std::lock_guard lock(telling);
  if (told != nullptr) told->debug("runtimes", "onnxruntime", {{"message", clean_reason(message)}});
}

}  // namespace

Status check(OrtStatus* status) {
  if (!status) return {};
  StatusOwner owner(status);
  std::string reason = clean_reason(ort().GetErrorMessage(status));
  return Error(code_of(ort().GetErrorCode(status), reason), reason);
}

Environment::~Environment() {
  {
    const std::lock_guard lock(telling);
    if (told == log) told = nullptr;
  }
  const std::lock_guard lock(registering);
  if (!allocator || registered != allocator.get()) return;
  (void)check(ort().UnregisterAllocator(env.get(), cpu.get()));
  registered = nullptr;
}

Result<std::shared_ptr<const Environment>> Environment::start(std::int64_t threads, std::shared_ptr<Blocks> blocks,
                                                              Logger& log) {
  // Its own count would be of the machine's cores, whatever this process is bound to.
  if (threads == 0) threads = static_cast<std::int64_t>(usable_cores());
  OrtThreadingOptions* options = nullptr;
  SOUK_TRY(check(ort().CreateThreadingOptions(&options)));
  ThreadingOptionsOwner options_owner(options);
  SOUK_TRY(check(ort().SetGlobalIntraOpNumThreads(options, static_cast<int>(threads))));
  SOUK_TRY(check(ort().SetGlobalInterOpNumThreads(options, 1)));
  SOUK_TRY(check(ort().SetGlobalSpinControl(options, 0)));

  auto environment = std::make_shared<Environment>();
  environment->log = &log;
  environment->threads = threads;
  {
    const std::lock_guard lock(telling);
    told = &log;
  }
  OrtEnv* env = nullptr;
  SOUK_TRY(check(ort().CreateEnvWithCustomLoggerAndGlobalThreadPools(to_log, nullptr, ORT_LOGGING_LEVEL_ERROR, "souk",
                                                                     options, &env)));
  environment->env.reset(env);
  SOUK_TRY(check(ort().DisableTelemetryEvents(env)));
  OrtMemoryInfo* cpu = nullptr;
  SOUK_TRY(check(ort().CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeCPU, &cpu)));
  environment->cpu.reset(cpu);
  environment->blocks = std::move(blocks);
  environment->allocator = std::make_unique<Allocator>(environment->blocks, cpu);
  const std::lock_guard lock(registering);
  if (registered != nullptr) SOUK_TRY(check(ort().UnregisterAllocator(env, cpu)));
  registered = nullptr;
  SOUK_TRY(check(ort().RegisterAllocator(env, environment->allocator.get())));
  registered = environment->allocator.get();
  return std::shared_ptr<const Environment>(std::move(environment));
}

}  // namespace souk::runtimes
