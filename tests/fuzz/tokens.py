"""Words of the formats, which are put into inputs: few changes at random would come upon one."""

from __future__ import annotations


def _words(text: str) -> tuple[bytes, ...]:
    """The words of a text; "_" stands for a blank within one."""
    return tuple(word.replace("_", " ").encode() for word in text.split())


TOKENS = {
    "ply": _words(
        """format_ascii_1.0 format_binary_big_endian_1.0 element_vertex_ element_face_ element_none_9 comment_
        property_float_ property_double_ property_uchar_ property_list_uchar_int_ property_list_float_int_ end_header"""
    ),
    "npy": _words("'descr' 'fortran_order' 'shape' '<f8' '|O' True ((1,3),) (2,6,3) '>u2' [('x','<f4')] '<M8[s]'"),
    "npz": _words("scans.npy faces.npy a/b.npy ../c.npy .npz '<f8' (6,_3) (2,_6,_3)"),
    "xyz": _words('nan 1.#IND -nan(ind) # // ; , x,y,z #_x_y_z id,x,y,z 1e308 "1" POINT'),
    "off": _words("OFF COFF NOFF STOFF 4OFF nOFF OFF_BINARY # 3_0_1_2 6_8_0"),
    "obj": _words("v_ vn_ vt_ vp_ f_ l_ p_ g_ o_ usemtl_ mtllib_ curv_ -1 1//1 1/1/1 # \\"),
    "stl": _words("solid facet_normal_0_0_1 outer_loop vertex_1_2_3 endloop endfacet endsolid"),
    "glb": _words(
        """"count": "byteOffset": "byteLength": "byteStride": "mode": "matrix":[ "scale":[0,0,0] "children":[0]
        "sparse":{} "normalized":true "componentType": 5121 5126 "type":"SCALAR" "VEC3" 1e999 -1 null {} []
        "extensions": "uri":"a.bin" """
    ),
    "3mf": _words(
        """<component_objectid="1"/> <item_objectid="1"/> transform="1_0_0_0_1_0_0_0_1_0_0_0" unit="inch" v1="0" x="1"
        p:path="/3D/a.model" &#0; &amp; <!DOCTYPE <!ENTITY 3D/3dmodel.model id="1" """
    ),
    "vtk": _words(
        """POINTS_6_float POLYGONS_8_32 VERTICES_1_2 LINES_ TRIANGLE_STRIPS_ OFFSETS_vtktypeint64 CONNECTIVITY_int
        BINARY ASCII double unsigned_char bit METADATA POINT_DATA_6 CELL_DATA_8 FIELD_a_1 DATASET_STRUCTURED_GRID
        DIMENSIONS_"""
    ),
    "vtp": _words(
        """NumberOfPoints="1" NumberOfPolys="9" NumberOfStrips="1" format="appended" format="binary" format="ascii"
        offset="0" encoding="raw" type="Int64" type="Float32" compressor="vtkLZMADataCompressor" header_type="UInt64"
        byte_order="BigEndian" <Piece </Piece> &#0; <!DOCTYPE"""
    ),
    "pcd": _words(
        """FIELDS_x_y_z FIELDS_rgb_x SIZE_4_4_4 SIZE_8 TYPE_F_F_F TYPE_U COUNT_1_1_1 COUNT_0 WIDTH_ HEIGHT_ POINTS_
        VIEWPOINT_0_0_0_1_0_0_0 DATA_binary_compressed DATA_binary DATA_ascii nan VERSION_0.7"""
    ),
    "e57": _words(
        """type="Float" type="Integer" type="ScaledInteger" type="CompressedVector" minimum="0" maximum="1" scale="1e9"
        recordCount="2" recordCount="99999999" fileOffset="48" precision="single" <pose_ <cartesianX sphericalRange"""
    ),
    "zip": _words("a.ply b/c.npz ../d.xyz e.off .gz /f.ply C:/g.ply __MACOSX/ .h5 .zip"),
    "archive": _words(
        """"clouds": "points": "latent_size": "patches": "film":true "displacement":false "fourier_octaves": "errors":{}
        "preset":"" "shared_widths":[1] "head_widths":[] "dtype":"float64" 1e308 1e-320 -1 [] {} null \\u0000 note WGTS
        INPT LATS NAME POSE"""
    ),
}
