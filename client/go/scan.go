package sluicerows

import (
	"fmt"
	"reflect"
)

// Scan copies the values of the row to where `destinations` point, one per
// column. A value goes to a variable of its type, of `any`, or of a pointer to
// its type, which is nil for NULL; an int64 to any integer that holds it; a
// text or a Numeric to any string; an array to a slice of what takes its
// elements.
func (r Row) Scan(destinations ...any) error {
	if len(destinations) != len(r) {
		return fmt.Errorf("%d destinations for %d columns",
			len(destinations), len(r))
	}
	for i, destination := range destinations {
		pointer := reflect.ValueOf(destination)
		if pointer.Kind() != reflect.Pointer || pointer.IsNil() {
			return fmt.Errorf("column %d: %T is no pointer", i, destination)
		}
		if err := assign(pointer.Elem(), r[i]); err != nil {
			return fmt.Errorf("column %d: %w", i, err)
		}
	}
	return nil
}

func assign(target reflect.Value, value any) error {
	source, kind := reflect.ValueOf(value), target.Kind()
	switch {
	case value == nil:
		return assignNull(target)
	case source.Type().AssignableTo(target.Type()):
		target.Set(source)
	case kind == reflect.Pointer:
		target.Set(reflect.New(target.Type().Elem()))
		return assign(target.Elem(), value)
	case kind == reflect.String && source.Kind() == reflect.String:
		target.SetString(source.String())
	case target.CanInt() && source.Kind() == reflect.Int64 &&
		!target.OverflowInt(source.Int()):
		target.SetInt(source.Int())
	case kind == reflect.Slice && source.Type() == reflect.TypeOf([]any{}):
		return assignElements(target, value.([]any))
	default:
		return fmt.Errorf("%T %v does not fit a %s", value, value, target.Type())
	}
	return nil
}

func assignNull(target reflect.Value) error {
	switch target.Kind() {
	case reflect.Interface, reflect.Map, reflect.Pointer, reflect.Slice:
		target.Set(reflect.Zero(target.Type()))
		return nil
	}
	return fmt.Errorf("NULL does not fit a %s", target.Type())
}

func assignElements(target reflect.Value, elements []any) error {
	list := reflect.MakeSlice(target.Type(), len(elements), len(elements))
	for i, element := range elements {
		if err := assign(list.Index(i), element); err != nil {
			return fmt.Errorf("element %d: %w", i, err)
		}
	}
	target.Set(list)
	return nil
}
