// SPDX-License-Identifier: Apache-2.0
#include "serving/capacity/meter.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "serving/capacity/capacity.h"
#include "serving/capacity/machine.h"

namespace souk::serving {
namespace {

TEST(MeterTest, CountsWhatTheHeapGrewBy) {
  std::int64_t heap = 1'000;
  Meter meter([&] { return heap; });
  const auto one = meter.begin(10);
  heap += 500;
  EXPECT_EQ(meter.end(one), 500);
  heap += 100;  // of nobody's
  const auto two = meter.begin(10);
  heap -= 50;
  EXPECT_EQ(meter.end(two), 0);
}

TEST(MeterTest, SharesWhatOverlapsByTheSizeOfTheFiles) {
  std::int64_t heap = 0;
  Meter meter([&] { return heap; });
  const auto large = meter.begin(300);
  heap += 100;
  const auto small = meter.begin(100);
  heap += 400;
  EXPECT_EQ(meter.end(small), 100);
  heap += 50;
  EXPECT_EQ(meter.end(large), 450);
}

TEST(MeterTest, IsNotMisledByWhatIsUnloadedMeanwhile) {
  std::int64_t heap = 5'000;
  Meter meter([&] { return heap; });
  const auto one = meter.begin(1);
  heap += 700 - 4'000;
  meter.freed(4'000);
  EXPECT_EQ(meter.end(one), 700);
}

class MachineTest : public testing::Test {
 protected:
  void put(const std::string& path, const std::string& text) {
    std::filesystem::create_directories((root / path).parent_path());
    std::ofstream(root / path) << text;
  }
  MachineTest() {
    std::string path = (std::filesystem::temp_directory_path() / "souk-machine-XXXXXX").string();
    root = ::mkdtemp(path.data());
  }
  ~MachineTest() override { std::filesystem::remove_all(root); }
  std::filesystem::path root;
  std::string at() const { return root.string() + "/"; }
};

TEST_F(MachineTest, TakesTheLowestLimit) {
  EXPECT_EQ(machine_memory(at()), 0);
  put("proc/meminfo", "MemTotal:       2048 kB\nMemFree: 1 kB\n");
  EXPECT_EQ(machine_memory(at()), 2048 * 1024);
  put("proc/self/cgroup", "0::/a/b\n");
  put("sys/fs/cgroup/a/b/memory.max", "max\n");
  EXPECT_EQ(machine_memory(at()), 2048 * 1024);
  put("sys/fs/cgroup/a/memory.max", "1000000\n");
  EXPECT_EQ(machine_memory(at()), 1'000'000);
  put("proc/self/cgroup", "4:cpu,memory:/c\n");
  put("sys/fs/cgroup/memory/c/memory.limit_in_bytes", "70000\n");
  EXPECT_EQ(machine_memory(at()), 70'000);
  EXPECT_GT(machine_memory(), 1 << 20);
  EXPECT_GT(heap_in_use(), 1 << 10);
}

TEST(CapacityTest, SaysSizes) {
  EXPECT_EQ(size_text(0), "0 bytes");
  EXPECT_EQ(size_text(1536), "1.5 KiB");
  EXPECT_EQ(size_text(5ll << 30), "5.0 GiB");
}

}  // namespace
}  // namespace souk::serving
