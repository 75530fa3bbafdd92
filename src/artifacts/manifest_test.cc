// SPDX-License-Identifier: Apache-2.0
#include "artifacts/manifest.h"

#include <gtest/gtest.h>

namespace souk::artifacts {
namespace {

const std::string kDigest = "sha256:" + std::string(64, 'a');

std::string descriptor(std::string_view more = "", std::string_view type = "text/plain") {
  return R"({"mediaType":")" + std::string(type) + R"(","digest":")" + kDigest + R"(","size":3)" + std::string(more) +
         "}";
}
std::string image(std::string_view rest) {
  return R"({"schemaVersion":2,"config":)" + descriptor() + "," + std::string(rest) + "}";
}
std::string layer_at(std::string_view path, std::string_view key = "org.cncf.model.filepath") {
  return descriptor(R"(,"annotations":{")" + std::string(key) + R"(":)" + json::write(std::string(path)) + "}",
                    "application/vnd.cncf.model.weight.v1.raw");
}

TEST(Manifest, is_read_from_its_bytes) {
  auto manifest = parse_manifest(kImageManifest, image(R"("layers":[)" + descriptor() +
                                                       R"(],"annotations":{"a":"b"},"more":[1,{}],
      "artifactType":"application/x","subject":)" + descriptor()));
  ASSERT_TRUE(manifest) << manifest.error().describe();
  EXPECT_EQ(manifest->layers.size(), 1u);
  EXPECT_EQ(manifest->layers[0].digest.string(), kDigest);
  EXPECT_EQ(manifest->artifactType, "application/x");
  EXPECT_EQ(manifest->annotations->at("a"), "b");
  EXPECT_TRUE(manifest->subject);
}

TEST(Manifest, goes_by_the_type_it_is_sent_as) {
  auto image_text = image(R"("layers":[])");
  auto index_text = R"({"schemaVersion":2,"manifests":[]})";
  EXPECT_EQ(
      *manifest_type("Application/vnd.oci.image.manifest.v1+json ; charset=utf-8", *parse_manifest("", image_text)),
      kImageManifest);
  EXPECT_EQ(*manifest_type("", *parse_manifest("", image_text)), kImageManifest);
  EXPECT_EQ(*manifest_type("application/json", *parse_manifest("", index_text)), kImageIndex);
  for (auto type :
       {"application/vnd.docker.distribution.manifest.v2+json", "application/vnd.oci.image.manifest.v1+json"}) {
    EXPECT_TRUE(parse_manifest(type, image_text)) << type;
    EXPECT_FALSE(parse_manifest(type, index_text)) << type;
  }
  for (auto type :
       {"application/vnd.docker.distribution.manifest.list.v2+json", "application/vnd.oci.image.index.v1+json"}) {
    EXPECT_TRUE(parse_manifest(type, index_text)) << type;
    EXPECT_FALSE(parse_manifest(type, image_text)) << type;
  }
  EXPECT_FALSE(parse_manifest("application/vnd.docker.distribution.manifest.v1+json", image_text));
}

TEST(Manifest, is_refused_for_its_form) {
  struct Case {
    std::string text, field;
  };
  std::string many = descriptor();
  for (int i = 0; i < 4096; i++) many += "," + descriptor();
  for (const Case& c : std::vector<Case>{
           {"", ""},
           {"[]", ""},
           {"{", ""},
           {R"({"schemaVersion":1,"config":)" + descriptor() + R"(,"layers":[]})", "schemaVersion"},
           {R"({"config":)" + descriptor() + R"(,"layers":[]})", "schemaVersion"},
           {R"({"schemaVersion":2,"layers":[]})", "config"},
           {image(R"("layers":[],"layers":[])"), "layers"},
           {image(R"("layers":{})"), "layers"},
           {image(R"("layers":[],"manifests":[])"), "manifests"},
           {image(R"("layers":[],"mediaType":"application/vnd.oci.image.index.v1+json")"), "mediaType"},
           {image(R"("layers":[{"mediaType":"a/b","digest":"sha256:xyz","size":1}])"), "layers[0].digest"},
           {image(R"("layers":[{"mediaType":"a/b","digest":"sha512:)" + std::string(128, 'a') + R"(","size":1}])"),
            "layers[0].digest"},
           {image(R"("layers":[{"mediaType":"a/b","digest":")" + kDigest + R"(","size":-1}])"), "layers[0].size"},
           {image(R"("layers":[{"mediaType":"a/b","digest":")" + kDigest + R"(","size":1.5}])"), "layers[0].size"},
           {image(R"("layers":[{"mediaType":"","digest":")" + kDigest + R"(","size":1}])"), "layers[0].mediaType"},
           {image(R"("layers":[{"mediaType":"a/b\n","digest":")" + kDigest + R"(","size":1}])"), "layers[0].mediaType"},
           {image(R"("layers":[],"artifactType":"no type")"), "artifactType"},
           {image(R"("layers":[],"annotations":{"a":1})"), "annotations.a"},
           {image(R"("layers":[)" + many + "]"), "layers"},
       }) {
    auto manifest = parse_manifest(kImageManifest, c.text);
    ASSERT_FALSE(manifest) << c.text.substr(0, 200);
    EXPECT_EQ(manifest.error().code, Code::invalid_argument) << c.text.substr(0, 200);
    EXPECT_EQ(manifest.error().field, c.field) << manifest.error().message;
  }
  EXPECT_FALSE(parse_manifest(kImageManifest, image(R"("layers":[],"x":")" + std::string(4 << 20, 'x') + "\"")));
}

TEST(Files, are_the_layers_with_their_paths) {
  auto manifest = parse_manifest("", image(R"("layers":[)" + layer_at("model.onnx") + "," + layer_at("sub/labels.txt") +
                                           "," + descriptor("", "application/vnd.cncf.model.weight.config.v1.tar") +
                                           "," + layer_at("../x", "org.opencontainers.image.title") + "," +
                                           layer_at("data.bin", "org.opencontainers.image.title") + "]"));
  ASSERT_TRUE(manifest) << manifest.error().describe();
  auto files = files_of(*manifest);
  ASSERT_TRUE(files);
  ASSERT_EQ(files->size(), 5u);
  EXPECT_EQ((*files)[0].path, "model.onnx");
  EXPECT_EQ((*files)[0].kind, FileKind::WEIGHT);
  EXPECT_EQ((*files)[0].size_bytes, 3);
  EXPECT_EQ((*files)[1].path, "sub/labels.txt");
  EXPECT_EQ((*files)[2].path, std::string(12, 'a'));
  EXPECT_EQ((*files)[2].kind, FileKind::WEIGHT_CONFIG);
  EXPECT_EQ((*files)[3].path, "3-" + std::string(64, 'a'));
  EXPECT_EQ((*files)[4].path, "data.bin");
}

TEST(Files, no_path_escapes_or_repeats) {
  std::string nul("a\0b", 3);
  for (std::string path : {std::string(""), std::string("/etc/passwd"), std::string("../x"), std::string("a/../../x"),
                           std::string("a//b"), std::string("./a"), std::string("a/"), std::string("a/."),
                           std::string("a\\b"), std::string("a\nb"), nul, std::string(256, 'x'), [] {
                             std::string deep;
                             for (int i = 0; i < 600; i++) deep += "a/";
                             return deep + "b";
                           }()}) {
    auto manifest = parse_manifest("", image(R"("layers":[)" + layer_at(path) + "]"));
    ASSERT_FALSE(manifest) << path;
    EXPECT_EQ(manifest.error().field, "layers[0].annotations[\"org.cncf.model.filepath\"]");
  }
  for (auto [one, two] : {std::pair("a", "a"), std::pair("a", "a/b"), std::pair("a/b/c", "a/b")}) {
    EXPECT_FALSE(parse_manifest("", image(R"("layers":[)" + layer_at(one) + "," + layer_at(two) + "]"))) << one << two;
  }
  EXPECT_TRUE(parse_manifest(
      "", image(R"("layers":[)" + layer_at("a/b") + "," + layer_at("a/c") + "," + layer_at("ab") + "]")));
}

}  // namespace
}  // namespace souk::artifacts
