"""Writers of the files of annotation tools, written from their documentation: labelme, Label Studio, VIA."""

from tests.helpers.keypoint_writers import COCO, cleared, write


def _points(person, names):
    keypoints, confidence = cleared(person)
    return [(name, *place) for name, place, seen in zip(names, keypoints.tolist(), confidence, strict=True) if seen]


def labelme_image(people, *, name="a.jpg", names=COCO, size=(640, 480), grouped=True):
    """The content of labelme's file of one image; a rectangle around the image belongs to nobody."""
    shapes = [{"label": "scene", "points": [[0, 0], [9, 9]], "group_id": None, "shape_type": "rectangle", "flags": {}}]
    for number, person in enumerate(people):
        for label, x, y in _points(person, names):
            group = number if grouped else None
            shape = {"label": label, "points": [[x, y]], "group_id": group, "shape_type": "point", "flags": {}}
            shapes.append(shape | {"description": ""})
    image = {"imagePath": f"../images/{name}", "imageData": None, "imageHeight": size[1], "imageWidth": size[0]}
    return {"version": "5.3.1", "flags": {}, "shapes": shapes} | image


def labelme(folder, scene, **more):
    """A file for each image."""
    folder.mkdir(exist_ok=True)
    for t, people in enumerate(scene):
        write(folder / f"walk_{t:03d}.json", labelme_image(people, name=f"walk_{t:03d}.jpg", **more))
    return folder


def label_studio(path, scene, *, form="boxes", names=COCO, size=(640, 480)):
    """Form boxes: a rectangle around each person; parents: points in a region; minimal: JSON-MIN, one person."""
    tasks = []
    for t, people in enumerate(scene):
        result, minimal = [], []
        for number, person in enumerate(people):
            box = f"box{number}"
            about = {"original_width": size[0], "original_height": size[1], "image_rotation": 0}
            places = [(100 * x / size[0], 100 * y / size[1]) for _, x, y in _points(person, names)]
            low, high = (
                [min(axis) for axis in zip(*places, strict=True)],
                [max(axis) for axis in zip(*places, strict=True)],
            )
            sides = {"x": low[0], "y": low[1], "width": high[0] - low[0], "height": high[1] - low[1], "rotation": 0}
            region = {"id": box, "type": "rectanglelabels", "from_name": "box", "to_name": "image"}
            result.append(region | about | {"value": sides | {"rectanglelabels": ["person"]}})
            for (label, *_), (x, y) in zip(_points(person, names), places, strict=True):
                value = {"x": x, "y": y, "width": 0.4, "keypointlabels": [label]}
                point = {"id": f"{box}{label}", "type": "keypointlabels", "from_name": "kp", "to_name": "image"}
                result.append(point | about | {"value": value} | ({"parentID": box} if form == "parents" else {}))
                minimal.append(value | {"original_width": size[0], "original_height": size[1]})
        image = f"/data/upload/1/0a1b2c3d-walk_{t:03d}.jpg"
        if form == "minimal":
            tasks.append({"image": image, "id": t, "kp-1": minimal, "annotator": 1, "annotation_id": t})
        else:
            result = [region for region in result if form == "boxes" or region["type"] == "keypointlabels"]
            annotations = [{"id": t, "was_cancelled": True, "result": []}, {"id": t, "result": result}]
            tasks.append({"id": t, "data": {"image": image}, "annotations": annotations, "predictions": []})
    return write(path, tasks)


def via(path, scene, *, form="project", names=COCO):
    """Form project: saved project; annotations: exported, regions of version 1 (by number)."""
    images = {}
    for t, people in enumerate(scene):
        regions = [
            {
                "shape_attributes": {"name": "point", "cx": x, "cy": y},
                "region_attributes": {"joint": label, "person": str(number)},
            }
            for number, person in enumerate(people)
            for label, x, y in _points(person, names)
        ]
        regions.append({"shape_attributes": {"name": "rect", "x": 0, "y": 0}, "region_attributes": {}})
        image = {"filename": f"walk_{t:03d}.jpg", "size": 1234, "regions": regions, "file_attributes": {}}
        images[f"walk_{t:03d}.jpg1234"] = image
        if form == "annotations":
            image["regions"] = {str(i): region for i, region in enumerate(regions)}
    return write(path, {"_via_settings": {}, "_via_img_metadata": images} if form == "project" else images)
