//! What a plugin's library exports: the table, and the functions behind it. Authors use the two macros.

mod instance;
mod run;
mod table;

#[cfg(feature = "source")]
pub use instance::Make;
pub use instance::Plugin;
pub use table::enter;

/// Makes this library the plugin of a [`Vendor`](finvista_core::Vendor): a `static` of pure endpoints. The host sends the
/// requests, so the plugin has no runtime, no TLS and no thread.
///
/// It stands once in a crate of type `cdylib` of its own, never in the vendor's: two vendors in one program would clash on the
/// symbol that it exports.
///
/// ```
/// use finvista_core::{Quota, Vendor};
///
/// static EMPTY: Vendor = Vendor {
///     name: "empty",
///     title: "A vendor without data",
///     version: "0.1.0",
///     failure_domain: "empty",
///     hosts: &[],
///     quota: Quota::per_second(1),
///     endpoints: &[],
/// };
///
/// finvista_plugin::export_vendor!(EMPTY);
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! export_vendor {
    ($vendor:path) => {
        $crate::__export!($crate::export::Plugin::vendor(&$vendor));
    };
}

/// Makes this library the plugin of a [`DataSource`](finvista_core::DataSource) that does its own I/O, on a small tokio runtime
/// that the plugin owns. It takes a function from a [`Config`](crate::Config) to the source:
/// `fn(&Config) -> Result<MySource, SourceError>`. Name, version and offers come from the source itself. The data sets are those
/// of FinVista and those that the plugin defines with [`dataset!`](finvista_core::dataset!); a definition that is not registered is
/// listed: `export_source!(MySource::new, datasets: [&TIDES])`.
///
/// It stands once in a crate of type `cdylib` of its own.
#[cfg(feature = "source")]
#[macro_export]
macro_rules! export_source {
    ($make:expr $(, datasets: [$($spec:expr),* $(,)?])? $(,)?) => {
        $crate::__export!($crate::export::Plugin::source(
            |config: &$crate::Config| {
                let source = ($make)(config)?;
                Ok(::std::sync::Arc::new(source) as ::std::sync::Arc<dyn $crate::core::DataSource>)
            },
            &[$($($spec),*)?],
        ));
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export {
    ($plugin:expr) => {
        #[cfg(panic = "abort")]
        ::core::compile_error!(
            "a plugin must unwind, so that its panics are caught and its host survives them: build it with panic = \"unwind\""
        );

        #[unsafe(no_mangle)]
        #[doc(hidden)]
        #[allow(unsafe_code, reason = "the entry of a plugin is a C function")]
        pub unsafe extern "C" fn finvista_plugin_v1(
            host: *const $crate::abi::FvHost,
        ) -> *const $crate::abi::FvPluginV1 {
            // SAFETY: the host calls this once, with its own table.
            unsafe { $crate::export::enter(host, || $plugin) }
        }
    };
}
