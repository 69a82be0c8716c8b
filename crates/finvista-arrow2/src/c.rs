//! The two libraries' spellings of the C Data Interface, which are the same structs.

use std::mem::{align_of, transmute};

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi};
use arrow_data::ArrayData;
use arrow_schema::ArrowError;
use arrow2::array::Array;
use arrow2::datatypes::{DataType, Field};
use arrow2::ffi::{
    ArrowArray, ArrowSchema, export_array_to_c, export_field_to_c, import_array_from_c, import_field_from_c,
};

// `transmute` compares the sizes.
const _: () = assert!(align_of::<FFI_ArrowArray>() == align_of::<ArrowArray>());
const _: () = assert!(align_of::<FFI_ArrowSchema>() == align_of::<ArrowSchema>());

/// A field out of arrow-rs.
pub(crate) fn field_to_arrow2(schema: FFI_ArrowSchema) -> Result<Field, arrow2::error::Error> {
    // SAFETY: both are `struct ArrowSchema` of the Arrow specification, `repr(C)`. The struct is moved, so one `release` runs.
    let schema = unsafe { transmute::<FFI_ArrowSchema, ArrowSchema>(schema) };
    // SAFETY: arrow-rs wrote it, and it lives until the end of this function; the field is a copy.
    unsafe { import_field_from_c(&schema) }
}

/// An array out of arrow-rs, of the type that [`field_to_arrow2`] gave for it.
pub(crate) fn array_to_arrow2(
    array: FFI_ArrowArray,
    data_type: DataType,
) -> Result<Box<dyn Array>, arrow2::error::Error> {
    // SAFETY: both are `struct ArrowArray` of the Arrow specification, `repr(C)`. The struct is moved, so one `release` runs.
    let array = unsafe { transmute::<FFI_ArrowArray, ArrowArray>(array) };
    // SAFETY: arrow-rs wrote it of an array of this type, whose invariants it has checked, and its buffers are never written again.
    unsafe { import_array_from_c(array, data_type) }
}

/// A field of arrow2.
pub(crate) fn field_to_c(field: &Field) -> FFI_ArrowSchema {
    // SAFETY: both are `struct ArrowSchema` of the Arrow specification, `repr(C)`. The struct is moved, so one `release` runs.
    unsafe { transmute::<ArrowSchema, FFI_ArrowSchema>(export_field_to_c(field)) }
}

/// An array of arrow2, of the type that its field in C says.
pub(crate) fn array_from_arrow2(
    array: Box<dyn Array>,
    schema: &FFI_ArrowSchema,
) -> Result<ArrayData, ArrowError> {
    // SAFETY: both are `struct ArrowArray` of the Arrow specification, `repr(C)`. The struct is moved, so one `release` runs.
    let array = unsafe { transmute::<ArrowArray, FFI_ArrowArray>(export_array_to_c(array)) };
    // SAFETY: arrow2 wrote it of an array of this type, whose invariants it has checked, and its buffers are never written again.
    unsafe { from_ffi(array, schema) }
}
