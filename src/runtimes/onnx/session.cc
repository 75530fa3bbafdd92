// SPDX-License-Identifier: Apache-2.0
#include "runtimes/onnx/session.h"

#include <onnxruntime_session_options_config_keys.h>

#include <algorithm>
#include <atomic>
#include <new>
#include <set>

#include "runtimes/datatype.h"
#include "runtimes/onnx/values.h"

namespace souk::runtimes {

namespace {

// A smaller model runs on the caller's thread alone: handing a part of microseconds of work to another thread costs
// more than the work. A larger one runs on the shared pool. Unit: bytes of model and weights.
constexpr std::size_t kAloneBelow = 4 << 20;

// What ONNX Runtime may compute ahead for one node while it loads. Its own limit is 1 GiB, so that a file of 2 KB could
// take 16 GB. The headers are older than the key.
constexpr const char* kFoldingLimit = "optimization.constant_folding_max_output_size_in_bytes";
constexpr const char* kFoldingBytes = "16777216";

// The threads of one run where nobody said how many.
std::int64_t usual_threads(const Environment& environment, std::size_t model_bytes, const Weights& weights) {
  for (const WeightFile& one : weights) model_bytes += one.file.bytes().size();
  return model_bytes < kAloneBelow ? 1 : environment.threads;
}

Status set_threads(OrtSessionOptions* options, std::int64_t threads, std::int64_t of_the_pool) {
  if (threads == of_the_pool && threads > 1) return check(ort().DisablePerSessionThreads(options));
  SOUK_TRY(check(ort().AddSessionConfigEntry(options, kOrtSessionOptionsConfigAllowIntraOpSpinning, "0")));
  return check(ort().SetIntraOpNumThreads(options, static_cast<int>(threads)));
}

Result<SessionOptionsOwner> make_options(std::int64_t threads, std::int64_t of_the_pool, const Weights& weights) {
  OrtSessionOptions* options = nullptr;
  SOUK_TRY(check(ort().CreateSessionOptions(&options)));
  SessionOptionsOwner owner(options);
  SOUK_TRY(set_threads(options, threads, of_the_pool));
  // Never guess a format: ONNX Runtime's own is not checked as carefully.
  SOUK_TRY(check(ort().AddSessionConfigEntry(options, kOrtSessionOptionsConfigLoadModelFormat, "ONNX")));
  SOUK_TRY(check(ort().AddSessionConfigEntry(options, kFoldingLimit, kFoldingBytes)));
  SOUK_TRY(check(ort().AddSessionConfigEntry(options, kOrtSessionOptionsConfigUseEnvAllocators, "1")));
  if (!weights.empty()) {
    std::vector<const char*> names;
    std::vector<char*> buffers;
    std::vector<std::size_t> sizes;
    for (const WeightFile& one : weights) {
      names.push_back(one.location.c_str());
      buffers.push_back(reinterpret_cast<char*>(const_cast<std::byte*>(one.file.bytes().data())));
      sizes.push_back(one.file.bytes().size());
    }
    SOUK_TRY(check(ort().AddExternalInitializersFromFilesInMemory(options, names.data(), buffers.data(), sizes.data(),
                                                                  names.size())));
  }
  return owner;
}

// `batch_name`: what the model calls its dynamic first dimension.
Result<registry::TensorSpec> read_spec(std::string name, std::string_view side, OrtTypeInfo* type,
                                       std::string& batch_name) {
  TypeInfoOwner owner(type);
  const OrtTensorTypeAndShapeInfo* info = nullptr;
  SOUK_TRY(check(ort().CastTypeInfoToTensorInfo(type, &info)));
  std::string what = std::string(side) + " \"" + name + "\"";
  if (!info) return unimplemented(what + " is a sequence, map or optional; only tensors can be served");
  ONNXTensorElementDataType element = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  SOUK_TRY(check(ort().GetTensorElementType(info, &element)));
  Result<Datatype> datatype = datatype_of(element);
  if (!datatype) return unimplemented(what + " has " + datatype.error().message);
  std::size_t rank = 0;
  SOUK_TRY(check(ort().GetDimensionsCount(info, &rank)));
  std::vector<std::int64_t> shape(rank);
  SOUK_TRY(check(ort().GetDimensions(info, shape.data(), rank)));
  for (std::int64_t& dimension : shape) dimension = std::max<std::int64_t>(dimension, -1);
  if (rank > 0 && shape[0] < 0) {
    std::vector<const char*> symbols(rank);
    SOUK_TRY(check(ort().GetSymbolicDimensions(info, symbols.data(), rank)));
    batch_name = symbols[0];
  }
  return registry::TensorSpec{std::move(name), *datatype, std::move(shape)};
}

Result<std::string> take_name(OrtAllocator* allocator, OrtStatus* status, char*& name) {
  SOUK_TRY(check(status));
  std::string copy = name;
  SOUK_TRY(check(ort().AllocatorFree(allocator, name)));
  return copy;
}

}  // namespace

Result<std::shared_ptr<OnnxSession>> OnnxSession::open(std::shared_ptr<const Environment> environment,
                                                       std::span<const std::byte> model, Weights weights,
                                                       std::span<const ExternalTensor> tensors, Concurrency wanted) {
  if (wanted.threads == 0) wanted.threads = usual_threads(*environment, model.size(), weights);
  if (wanted.sessions == 0) wanted.sessions = 1;
  SessionOptionsOwner options = SOUK_TRY(make_options(wanted.threads, environment->threads, weights));
  const Allocator::Loading loading;
  std::shared_ptr<OnnxSession> session(new OnnxSession);
  session->environment_ = environment;
  session->weights_ = std::move(weights);
  session->concurrency_ = wanted;
  SOUK_TRY(session->map_weights(options.get(), tensors));
  OrtPrepackedWeightsContainer* reordered = nullptr;
  if (wanted.sessions > 1) SOUK_TRY(check(ort().CreatePrepackedWeightsContainer(&reordered)));
  session->reordered_.reset(reordered);
  for (std::int64_t i = 0; i < wanted.sessions; ++i) {
    OrtSession* handle = nullptr;
    OrtStatus* const status =
        reordered == nullptr
            ? ort().CreateSessionFromArray(environment->env.get(), model.data(), model.size(), options.get(), &handle)
            : ort().CreateSessionFromArrayWithPrepackedWeightsContainer(
                  environment->env.get(), model.data(), model.size(), options.get(), reordered, &handle);
    SOUK_TRY(check(status));
    session->sessions_.emplace_back(handle);
  }
  SOUK_TRY(session->read_signature());
  return session;
}

// What does not fit its file, or is not aligned, is left to ONNX Runtime, which has the files in memory too.
Status OnnxSession::map_weights(OrtSessionOptions* options, std::span<const ExternalTensor> tensors) {
  std::set<std::string_view> names;
  for (const ExternalTensor& tensor : tensors) {
    auto one = std::ranges::find(weights_, tensor.location, &WeightFile::location);
    if (one == weights_.end() || tensor.shape.empty() || !names.insert(tensor.name).second) continue;
    auto type = datatype_of(static_cast<ONNXTensorElementDataType>(tensor.element_type));
    if (!type || *type == Datatype::BYTES) continue;
    const std::span<const std::byte> file = one->file.bytes();
    auto count = element_count(tensor.shape);
    if (!count || *count == 0 || *count > file.size()) continue;
    const std::uint64_t size = *count * element_size(*type);
    if (tensor.length.value_or(size) != size || size > file.size() || tensor.offset > file.size() - size) continue;
    const std::byte* bytes = file.data() + tensor.offset;
    if (reinterpret_cast<std::uintptr_t>(bytes) % element_size(*type) != 0) continue;
    OrtValue* value = nullptr;
    SOUK_TRY(check(ort().CreateTensorWithDataAsOrtValue(environment_->cpu.get(), const_cast<std::byte*>(bytes), size,
                                                        tensor.shape.data(), tensor.shape.size(),
                                                        element_type_of(*type), &value)));
    mapped_.emplace_back(value);
    SOUK_TRY(check(ort().AddInitializer(options, tensor.name.c_str(), value)));
  }
  return {};
}

Status OnnxSession::read_signature() {
  OrtAllocator* allocator = nullptr;
  SOUK_TRY(check(ort().GetAllocatorWithDefaultOptions(&allocator)));
  OrtSession* const first = sessions_.front().get();
  std::size_t inputs = 0, outputs = 0;
  SOUK_TRY(check(ort().SessionGetInputCount(first, &inputs)));
  SOUK_TRY(check(ort().SessionGetOutputCount(first, &outputs)));
  for (std::size_t i = 0; i < inputs; ++i) {
    char* raw = nullptr;
    OrtStatus* status = ort().SessionGetInputName(first, i, allocator, &raw);
    std::string name = SOUK_TRY(take_name(allocator, status, raw));
    OrtTypeInfo* type = nullptr;
    SOUK_TRY(check(ort().SessionGetInputTypeInfo(first, i, &type)));
    signature_.inputs.push_back(SOUK_TRY(read_spec(std::move(name), "input", type, batch_names_.emplace_back())));
  }
  for (std::size_t i = 0; i < outputs; ++i) {
    char* raw = nullptr;
    OrtStatus* status = ort().SessionGetOutputName(first, i, allocator, &raw);
    std::string name = SOUK_TRY(take_name(allocator, status, raw));
    OrtTypeInfo* type = nullptr;
    SOUK_TRY(check(ort().SessionGetOutputTypeInfo(first, i, &type)));
    std::string batch_name;
    signature_.outputs.push_back(SOUK_TRY(read_spec(std::move(name), "output", type, batch_name)));
  }
  for (const auto& spec : signature_.inputs) input_names_.push_back(spec.name.c_str());
  for (const auto& spec : signature_.outputs) output_names_.push_back(spec.name.c_str());
  return {};
}

void OnnxSession::infer(const InferRequest& request, Deadline deadline, Completion done) {
  if (deadline != kNoDeadline && std::chrono::steady_clock::now() >= deadline) {
    return done(deadline_exceeded("the deadline passed before the model ran"));
  }
  InferResult result = internal("not run");
  try {
    result = run(request);
  } catch (const std::bad_alloc&) {
    result = resource_exhausted("there is not enough memory for this request's tensors");
  }
  done(std::move(result));
}

namespace {

std::size_t index_of(std::span<const registry::TensorSpec> specs, std::string_view name, std::size_t likely) {
  if (likely < specs.size() && specs[likely].name == name) return likely;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (specs[i].name == name) return i;
  }
  return specs.size();
}

}  // namespace

// Inputs whose first dimension has one name in the model are one batch; ONNX Runtime would stretch the smaller.
Status OnnxSession::check_batch(const InferRequest& request) const {
  if (signature_.inputs.size() < 2) return {};
  for (std::size_t i = 0; i < request.inputs.size(); ++i) {
    std::size_t spec = index_of(signature_.inputs, request.inputs[i].name, i);
    if (spec == signature_.inputs.size() || batch_names_[spec].empty()) continue;
    for (std::size_t j = 0; j < i; ++j) {
      std::size_t other = index_of(signature_.inputs, request.inputs[j].name, j);
      if (other == signature_.inputs.size() || batch_names_[other] != batch_names_[spec]) continue;
      const TensorView &a = request.inputs[j], &b = request.inputs[i];
      if (a.shape.empty() || b.shape.empty() || a.shape[0] == b.shape[0]) continue;
      return invalid_argument("input \"" + std::string(b.name) + "\" has a batch of " + std::to_string(b.shape[0]) +
                              ", but input \"" + std::string(a.name) + "\" one of " + std::to_string(a.shape[0]))
          .at("inputs[" + std::to_string(i) + "].shape");
    }
  }
  return {};
}

// A thread stays with its session: what that keeps between runs is warm in its core.
OrtSession* OnnxSession::mine() const {
  static std::atomic<std::size_t> threads{0};
  thread_local const std::size_t number = threads.fetch_add(1, std::memory_order_relaxed);
  return sessions_[number % sessions_.size()].get();
}

InferResult OnnxSession::run(const InferRequest& request) const {
  SOUK_TRY(check_batch(request));
  std::vector<const char*> names;
  std::vector<ValueOwner> inputs;
  InputCopies copies;
  names.reserve(request.inputs.size());
  inputs.reserve(request.inputs.size());
  for (std::size_t i = 0; i < request.inputs.size(); ++i) {
    std::size_t spec = index_of(signature_.inputs, request.inputs[i].name, i);
    if (spec == signature_.inputs.size()) {
      return invalid_argument("the model has no input \"" + std::string(request.inputs[i].name) + "\"");
    }
    names.push_back(input_names_[spec]);
    inputs.push_back(SOUK_TRY(make_value(*environment_, request.inputs[i], copies)));
  }

  std::vector<std::size_t> specs;  // of the outputs asked for; empty: all
  std::vector<const char*> wanted;
  for (std::size_t i = 0; i < request.outputs.size(); ++i) {
    std::size_t spec = index_of(signature_.outputs, request.outputs[i], i);
    if (spec == signature_.outputs.size()) {
      return invalid_argument("the model has no output \"" + std::string(request.outputs[i]) + "\"");
    }
    specs.push_back(spec);
    wanted.push_back(output_names_[spec]);
  }
  const std::vector<const char*>& output_names = specs.empty() ? output_names_ : wanted;

  // An owner is as large as what it owns, so a row of owners is the row of handles that the C API wants.
  static_assert(sizeof(ValueOwner) == sizeof(OrtValue*));
  std::vector<ValueOwner> outputs(output_names.size());
  SOUK_TRY(check(ort().Run(mine(), nullptr, names.data(), reinterpret_cast<const OrtValue* const*>(inputs.data()),
                           inputs.size(), output_names.data(), output_names.size(),
                           reinterpret_cast<OrtValue**>(outputs.data()))));
  std::vector<Tensor> tensors;
  tensors.reserve(outputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const registry::TensorSpec& spec = signature_.outputs[specs.empty() ? i : specs[i]];
    tensors.push_back(SOUK_TRY(take_tensor(std::move(outputs[i]), spec.name, environment_)));
  }
  return tensors;
}

}  // namespace souk::runtimes
