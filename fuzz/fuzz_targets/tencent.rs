#![no_main]

use std::sync::LazyLock;

use finvista_fuzz::Target;

static TARGET: LazyLock<Target> = LazyLock::new(|| Target::new(&finvista::tencent::TENCENT));

libfuzzer_sys::fuzz_target!(|input: &[u8]| TARGET.decode(input));
