"""The sequences that belong to each benchmark, so that a missing one can be named."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    """Return the words of a text."""
    return tuple(text.split())


def _series(stem: str, numbers: str) -> tuple[str, ...]:
    """Return stem + number for each number."""
    return tuple(stem + number for number in numbers.split())


UAV123 = tuple(
    sorted(
        (
            *_series("bike", "1 2 3"),
            *_series("bird", "1_1 1_2 1_3"),
            *_series("boat", "1 2 3 4 5 6 7 8 9"),
            *_series("building", "1 2 3 4 5"),
            *_series("car", "1_1 1_2 1_3 1_s 2 2_s 3 3_s 4 4_s 5 6_1 6_2 6_3 6_4 6_5 7 8_1 8_2 9"),
            *_series("car", "10 11 12 13 14 15 16_1 16_2 17 18"),
            *_series("group", "1_1 1_2 1_3 1_4 2_1 2_2 2_3 3_1 3_2 3_3 3_4"),
            *_series("person", "1 1_s 2_1 2_2 2_s 3 3_s 4_1 4_2 5_1 5_2 6 7_1 7_2 8_1 8_2 9 10 11 12_1 12_2 13"),
            *_series("person", "14_1 14_2 14_3 15 16 17_1 17_2 18 19_1 19_2 19_3 20 21 22 23"),
            *_series("truck", "1 2 3 4_1 4_2"),
            *_series("uav", "1_1 1_2 1_3 2 3 4 5 6 7 8"),
            *_series("wakeboard", "1 2 3 4 5 6 7 8 9 10"),
        )
    )
)
"""123 sequences; UAV123_10fps has the same."""

UAVDT = _series(
    "S",
    "0101 0102 0103 0201 0301 0302 0303 0304 0305 0306 0307 0308 0309 0310 0401 0402 0501 0601 0602 0701 0801 0901 "
    "1001 1101 1201 1202 1301 1302 1303 1304 1305 1306 1307 1308 1309 1310 1311 1312 1313 1401 1501 1601 1602 1603 "
    "1604 1605 1606 1607 1701 1702",
)
"""50 sequences of UAVDT-S."""

DTB70 = _words(
    "Animal1 Animal2 Animal3 Animal4 BMX2 BMX3 BMX4 BMX5 Basketball Car2 Car4 Car5 Car6 Car8 ChasingDrones Girl1 "
    "Girl2 Gull1 Gull2 Horse1 Horse2 Kiting ManRunning1 ManRunning2 Motor1 Motor2 MountainBike1 MountainBike5 "
    "MountainBike6 Paragliding3 Paragliding5 RaceCar RaceCar1 RcCar3 RcCar4 RcCar5 RcCar6 RcCar7 RcCar8 RcCar9 "
    "SUP2 SUP4 SUP5 Sheep1 Sheep2 SkateBoarding4 Skiing1 Skiing2 SnowBoarding2 SnowBoarding4 SnowBoarding6 Soccer1 "
    "Soccer2 SpeedCar2 SpeedCar4 StreetBasketball1 StreetBasketball2 StreetBasketball3 Surfing03 Surfing04 "
    "Surfing06 Surfing10 Surfing12 Vaulting Wakeboarding1 Wakeboarding2 Walking Yacht2 Yacht4 Zebra"
)
"""70 sequences."""

OTB100 = _words(
    "Basketball Biker Bird1 Bird2 BlurBody BlurCar1 BlurCar2 BlurCar3 BlurCar4 BlurFace BlurOwl Board Bolt Bolt2 "
    "Box Boy Car1 Car2 Car24 Car4 CarDark CarScale ClifBar Coke Couple Coupon Crossing Crowds Dancer Dancer2 David "
    "David2 David3 Deer Diving Dog Dog1 Doll DragonBaby Dudek FaceOcc1 FaceOcc2 Fish FleetFace Football Football1 "
    "Freeman1 Freeman3 Freeman4 Girl Girl2 Gym Human2 Human3 Human4-2 Human5 Human6 Human7 Human8 Human9 Ironman "
    "Jogging-1 Jogging-2 Jump Jumping KiteSurf Lemming Liquor Man Matrix Mhyang MotorRolling MountainBike Panda "
    "RedTeam Rubik Shaking Singer1 Singer2 Skater Skater2 Skating1 Skating2-1 Skating2-2 Skiing Soccer Subway "
    "Surfer Suv Sylvester Tiger1 Tiger2 Toy Trans Trellis Twinnings Vase Walking Walking2 Woman"
)
"""100 targets in 98 folders; <folder>-<number> where a folder has several, or had."""

VOT2018 = _words(
    "ants1 ants3 bag ball1 ball2 basketball birds1 blanket bmx bolt1 bolt2 book butterfly car1 conduction1 crabs1 "
    "crossing dinosaur drone1 drone_across drone_flip fernando fish1 fish2 fish3 flamingo1 frisbee girl glove "
    "godfather graduate gymnastics1 gymnastics2 gymnastics3 hand handball1 handball2 helicopter iceskater1 "
    "iceskater2 leaves matrix motocross1 motocross2 nature pedestrian1 rabbit racing road shaking sheep singer2 "
    "singer3 soccer1 soccer2 soldier tiger traffic wiper zebrafish1"
)
"""60 sequences of the short-term challenge."""

COUNTS = {
    "UAV123": len(UAV123),
    "UAV123_10fps": len(UAV123),
    "UAVDT": len(UAVDT),
    "DTB70": len(DTB70),
    "OTB100": len(OTB100),
    "VOT2018": len(VOT2018),
}
"""How many sequences a benchmark has, where that is one number."""
