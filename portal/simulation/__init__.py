"""The pilot simulator (実証実験やシミュレーション): before and after, by discrete events."""
