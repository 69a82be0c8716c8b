//! From a vendor's bytes to a table, beside the floor and the usual parse, and the check at the boundary alone.
//!
//! On a machine that others use, compare with `finvista-bench decode`, which measures in pairs.

#![allow(clippy::unwrap_used, reason = "a bench without its setup has nothing to measure")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use finvista_bench::ours::Case;
use finvista_bench::{floor, naive};

fn daily(criterion: &mut Criterion) {
    let case = Case::daily().unwrap();
    let table = case.decode().unwrap();
    let mut group = criterion.benchmark_group("eastmoney daily, 8,053 rows");
    group.throughput(Throughput::Bytes(bytes(&case)));
    group.bench_function("floor", |bencher| bencher.iter(|| of_each(&case, floor::bars)));
    group.bench_function("finvista", |bencher| bencher.iter(|| black_box(&case).decode().unwrap()));
    group.bench_function("check", |bencher| bencher.iter(|| case.check(black_box(&table)).unwrap()));
    group.bench_function("value and split", |bencher| bencher.iter(|| of_each(&case, naive::bars)));
    group.finish();
}

fn quotes(criterion: &mut Criterion) {
    let case = Case::quotes().unwrap();
    let table = case.decode().unwrap();
    let mut group = criterion.benchmark_group("sina quotes, 800 rows");
    group.throughput(Throughput::Bytes(bytes(&case)));
    group.bench_function("floor", |bencher| bencher.iter(|| of_each(&case, floor::quotes)));
    group.bench_function("finvista", |bencher| bencher.iter(|| black_box(&case).decode().unwrap()));
    group.bench_function("check", |bencher| bencher.iter(|| case.check(black_box(&table)).unwrap()));
    group.bench_function("text and split", |bencher| {
        bencher.iter(|| of_each(&case, |body| naive::quotes(&encoding_rs::GB18030.decode(body).0)));
    });
    group.finish();
}

fn list(criterion: &mut Criterion) {
    let case = Case::list().unwrap();
    let table = case.decode().unwrap();
    let mut group = criterion.benchmark_group("eastmoney list, all A shares");
    group.throughput(Throughput::Bytes(bytes(&case)));
    group.bench_function("floor", |bencher| bencher.iter(|| of_each(&case, floor::listings)));
    group.bench_function("finvista", |bencher| bencher.iter(|| black_box(&case).decode().unwrap()));
    group.bench_function("check", |bencher| bencher.iter(|| case.check(black_box(&table)).unwrap()));
    group.bench_function("value", |bencher| bencher.iter(|| of_each(&case, naive::listings)));
    group.finish();
}

/// Parses each answer.
fn of_each<T>(case: &Case, parse: impl Fn(&[u8]) -> T) -> Vec<T> {
    case.bodies.iter().map(|body| parse(black_box(body))).collect()
}

fn bytes(case: &Case) -> u64 {
    case.bodies.iter().map(|body| body.len() as u64).sum()
}

criterion_group!(benches, daily, quotes, list);
criterion_main!(benches);
