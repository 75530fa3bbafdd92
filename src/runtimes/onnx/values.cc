// SPDX-License-Identifier: Apache-2.0
#include "runtimes/onnx/values.h"

#include <array>
#include <cstring>

#include "runtimes/datatype.h"

namespace souk::runtimes {

namespace {

// In the order of Datatype.
constexpr std::array<ONNXTensorElementDataType, kDatatypeNames.size()> kElementTypes{
    ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL,    ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8,    ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16,
    ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32,  ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64,   ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8,
    ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16,   ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32,    ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64,
    ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16, ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT,
    ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE,  ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING};

// Where a tensor without elements, or a shape without dimensions, points.
alignas(64) std::byte nothing[64];
std::int64_t no_dimensions[1];

const std::int64_t* dimensions(const TensorView& view) {
  return view.shape.empty() ? no_dimensions : view.shape.data();
}

Result<ValueOwner> make_strings(const TensorView& view) {
  OrtAllocator* allocator = nullptr;
  SOUK_TRY(check(ort().GetAllocatorWithDefaultOptions(&allocator)));
  OrtValue* value = nullptr;
  SOUK_TRY(check(ort().CreateTensorAsOrtValue(allocator, dimensions(view), view.shape.size(),
                                              ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING, &value)));
  ValueOwner owner(value);
  for (std::size_t i = 0; i < view.strings.size(); ++i) {
    if (view.strings[i].empty()) continue;
    char* into = nullptr;
    SOUK_TRY(check(ort().GetResizedStringTensorElementBuffer(value, i, view.strings[i].size(), &into)));
    std::memcpy(into, view.strings[i].data(), view.strings[i].size());
  }
  return owner;
}

Status read_strings(const OrtValue* value, Tensor& tensor, std::size_t count) {
  std::size_t bytes = 0;
  SOUK_TRY(check(ort().GetStringTensorDataLength(value, &bytes)));
  std::string text(bytes, '\0');
  std::vector<std::size_t> offsets(count);
  char dummy = 0;
  SOUK_TRY(check(ort().GetStringTensorContent(value, bytes ? text.data() : &dummy, bytes, offsets.data(), count)));
  tensor.strings.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t end = i + 1 < count ? offsets[i + 1] : bytes;
    tensor.strings.emplace_back(text, offsets[i], end - offsets[i]);
  }
  return {};
}

struct Held {
  std::shared_ptr<const Environment> environment;  // last to go
  ValueOwner value;
};

}  // namespace

Result<Datatype> datatype_of(ONNXTensorElementDataType type) {
  for (std::size_t i = 0; i < kElementTypes.size(); ++i) {
    if (kElementTypes[i] == type) return static_cast<Datatype>(i);
  }
  return unimplemented("an element type (ONNX number " + std::to_string(type) +
                       ") that the Open Inference Protocol does not have");
}

ONNXTensorElementDataType element_type_of(Datatype type) {
  return kElementTypes[static_cast<std::size_t>(type)];
}

Result<ValueOwner> make_value(const Environment& environment, const TensorView& view, InputCopies& copies) {
  if (view.datatype == Datatype::BYTES) return make_strings(view);
  const std::byte* bytes = view.data.data();
  if (view.data.empty()) {
    bytes = nothing;
  } else if (reinterpret_cast<std::uintptr_t>(bytes) % element_size(view.datatype) != 0) {
    const auto& copy = copies.emplace_back(environment.blocks->take(view.data.size()));
    std::memcpy(copy.get(), bytes, view.data.size());
    bytes = copy.get();
  }
  OrtValue* value = nullptr;
  SOUK_TRY(check(ort().CreateTensorWithDataAsOrtValue(environment.cpu.get(), const_cast<std::byte*>(bytes),
                                                      view.data.size(), dimensions(view), view.shape.size(),
                                                      element_type_of(view.datatype), &value)));
  return ValueOwner(value);
}

Result<Tensor> take_tensor(ValueOwner value, const std::string& name, std::shared_ptr<const Environment> environment) {
  int is_tensor = 0;
  SOUK_TRY(check(ort().IsTensor(value.get(), &is_tensor)));
  if (!is_tensor) return internal("output \"" + name + "\" did not come as a tensor");
  OrtTensorTypeAndShapeInfo* raw = nullptr;
  SOUK_TRY(check(ort().GetTensorTypeAndShape(value.get(), &raw)));
  TensorInfoOwner info(raw);
  ONNXTensorElementDataType element = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  SOUK_TRY(check(ort().GetTensorElementType(raw, &element)));
  std::size_t rank = 0, count = 0;
  SOUK_TRY(check(ort().GetDimensionsCount(raw, &rank)));
  SOUK_TRY(check(ort().GetTensorShapeElementCount(raw, &count)));

  Tensor tensor;
  tensor.name = name;
  tensor.datatype = SOUK_TRY(datatype_of(element));
  tensor.shape.resize(rank);
  SOUK_TRY(check(ort().GetDimensions(raw, tensor.shape.data(), rank)));
  if (tensor.datatype == Datatype::BYTES) {
    SOUK_TRY(read_strings(value.get(), tensor, count));
    return tensor;
  }
  void* bytes = nullptr;
  SOUK_TRY(check(ort().GetTensorMutableData(value.get(), &bytes)));
  tensor.data = {static_cast<const std::byte*>(bytes), count * element_size(tensor.datatype)};
  tensor.owner = std::make_shared<Held>(Held{std::move(environment), std::move(value)});
  return tensor;
}

}  // namespace souk::runtimes
