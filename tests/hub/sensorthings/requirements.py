"""Which tests prove which requirement of OGC 18-088; the root document claims exactly these."""

CORE = "test_core.py"
FILTERS = "test_filters.py"
CHANGES = "test_changes.py"
ARRAYS = "test_data_arrays.py"
BATCHES = "test_batches.py"
MQTT = "test_mqtt.py"
MULTI = "test_multi.py"
PARSING = "test_parsing.py"
SEEN = "test_observations.py"

_PROPERTIES = (
    f"{CORE}::test_entities_have_their_mandatory_properties",
    f"{CHANGES}::test_a_posted_entity_says_what_was_posted",
)
_RELATIONS = (f"{CORE}::test_every_relation_leads_on_to_a_depth_of_four",)
_MODEL = {
    f"datamodel/{name}/{part}": proofs
    for name in (
        "thing",
        "location",
        "historical-location",
        "datastream",
        "sensor",
        "observed-property",
        "observation",
        "feature-of-interest",
    )
    for part, proofs in (("properties", _PROPERTIES), ("relations", _RELATIONS))
}

PROOFS: dict[str, tuple[str, ...]] = {
    "datamodel/entity-control-information/common-control-information": (
        f"{CORE}::test_entities_have_their_control_information",
    ),
    **_MODEL,
    "datamodel/datastream/properties": (
        *_PROPERTIES,
        f"{CHANGES}::test_a_deep_insert_makes_everything_and_connects_it",
    ),
    "datamodel/observation/properties": (
        *_PROPERTIES,
        f"{SEEN}::test_any_result_comes_back_as_it_was_sent",
        f"{SEEN}::test_everything_an_observation_says_is_kept",
        f"{CHANGES}::test_an_observation_without_a_time_is_of_now",
    ),
    "resource-path/resource-path-to-entities": (
        f"{CORE}::test_the_root_lists_the_sets_at_their_addresses",
        f"{CORE}::test_a_property_is_an_object_of_one_key_and_its_value_is_plain_text",
        f"{CORE}::test_a_property_that_is_null_has_no_content",
        f"{CORE}::test_every_relation_leads_on_to_a_depth_of_four",
        f"{CORE}::test_an_entity_of_another_parent_is_not_found",
    ),
    "request-data/order": (f"{FILTERS}::test_the_options_apply_in_the_order_of_the_standard",),
    "request-data/expand": (
        f"{FILTERS}::test_expand_puts_related_entities_in_place",
        f"{FILTERS}::test_expand_of_one_entity_and_over_two_levels",
    ),
    "request-data/select": (f"{FILTERS}::test_select_leaves_out_everything_else",),
    "request-data/status-code": (
        f"{CORE}::test_an_unknown_id_is_not_found",
        f"{CORE}::test_an_address_that_means_nothing_is_not_found",
    ),
    "request-data/query-status-code": (
        f"{FILTERS}::test_options_that_cannot_be_followed_are_refused",
    ),
    "request-data/orderby": (f"{FILTERS}::test_order_is_by_code_point_and_null_comes_first",),
    "request-data/top": (
        f"{FILTERS}::test_top_and_skip_and_next_links_walk_through_everything_once",
    ),
    "request-data/skip": (
        f"{FILTERS}::test_top_and_skip_and_next_links_walk_through_everything_once",
    ),
    "request-data/pagination": (
        f"{FILTERS}::test_top_and_skip_and_next_links_walk_through_everything_once",
        f"{SEEN}::test_both_stores_answer_as_one",
    ),
    "request-data/count": (f"{FILTERS}::test_count_covers_the_filter_and_related_sets",),
    "request-data/filter": (
        f"{FILTERS}::test_filters_of_observations_keep_exactly_the_right_ones",
        f"{FILTERS}::test_filters_of_things_and_places_keep_exactly_the_right_ones",
        f"{CHANGES}::test_names_are_found_again_whatever_they_contain",
    ),
    "request-data/built-in-filter-operations": (
        f"{FILTERS}::test_filters_of_observations_keep_exactly_the_right_ones",
        f"{PARSING}::test_the_tighter_operator_takes_its_operands_first",
    ),
    "request-data/built-in-query-functions": (
        f"{FILTERS}::test_filters_of_observations_keep_exactly_the_right_ones",
        f"{FILTERS}::test_filters_of_things_and_places_keep_exactly_the_right_ones",
    ),
    "create-update-delete/create-entity": (
        f"{CHANGES}::test_a_new_entity_has_an_address_at_which_it_is_found",
        f"{CHANGES}::test_an_observation_gets_its_feature_from_the_place_of_the_thing_once",
    ),
    "create-update-delete/link-to-existing-entities": (
        f"{CHANGES}::test_a_new_entity_has_an_address_at_which_it_is_found",
        f"{CHANGES}::test_an_entity_with_something_wrong_inside_leaves_nothing",
    ),
    "create-update-delete/deep-insert": (
        f"{CHANGES}::test_a_deep_insert_makes_everything_and_connects_it",
    ),
    "create-update-delete/deep-insert-status-code": (
        f"{CHANGES}::test_an_entity_with_something_wrong_inside_leaves_nothing",
    ),
    "create-update-delete/update-entity": (
        f"{CHANGES}::test_a_merge_changes_what_is_sent_and_nothing_else",
        f"{CHANGES}::test_a_merge_with_whole_entities_inside_is_refused",
    ),
    "create-update-delete/update-entity-put": (
        f"{CHANGES}::test_a_replacement_clears_what_it_leaves_out",
    ),
    "create-update-delete/update-entity-jsonpatch": (
        f"{CHANGES}::test_a_json_patch_edits_a_document",
    ),
    "create-update-delete/delete-entity": (
        f"{CHANGES}::test_a_deletion_takes_along_what_cannot_be_without_it",
        f"{CHANGES}::test_an_unknown_entity_cannot_be_deleted_or_changed",
    ),
    "create-update-delete/historical-location-auto-creation": (
        f"{CHANGES}::test_a_thing_that_moves_has_one_place_and_a_history",
    ),
    "create-update-delete/historical-location-manual-creation": (
        f"{CHANGES}::test_a_historical_location_moves_the_thing_only_when_it_is_the_newest",
    ),
    "batch-request/batch-request": (
        f"{BATCHES}::test_requests_of_a_batch_are_answered_in_their_order",
        f"{BATCHES}::test_a_change_set_takes_effect_as_a_whole",
        f"{BATCHES}::test_a_change_set_that_fails_leaves_nothing_and_the_others_go_on",
    ),
    "multi-datastream/properties": (f"{MULTI}::test_a_multi_datastream_is_read_and_followed",),
    "multi-datastream/relations": (
        f"{MULTI}::test_a_multi_datastream_is_read_and_followed",
        f"{MULTI}::test_a_multi_datastream_goes_with_what_it_needs",
    ),
    "multi-datastream/constraints": (f"{MULTI}::test_sizes_that_do_not_agree_are_refused",),
    "data-array/data-array": (
        f"{ARRAYS}::test_each_row_is_answered_in_its_order",
        f"{ARRAYS}::test_observations_are_read_as_arrays_of_each_stream",
    ),
    "create-observations-via-mqtt/observations-creation": (
        f"{MQTT}::test_a_number_by_mqtt_is_a_row_of_the_lake",
        f"{MQTT}::test_what_is_more_than_a_number_is_made_whole_and_heard",
        f"{MQTT}::test_arrays_of_a_multi_datastream_are_made_and_heard",
        f"{MQTT}::test_a_refused_observation_is_kept_with_the_rejected_rows",
    ),
}
